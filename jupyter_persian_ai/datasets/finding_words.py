"""What each finding is called, what it means and how it is mended, in both languages."""

from __future__ import annotations

from ..protocol.base import Note
from ..protocol.quality import FindingCode

#: Title, help and mend; each in English and Persian.
WORDS: dict[FindingCode, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]] = {
    FindingCode.DUPLICATE: (
        ("Duplicate", "تکراری"),
        (
            "An earlier row is the same, but for signs that a reader does not tell apart.",
            "سطری پیش از این همین است، جز در نشانه‌هایی که خواننده از هم بازنمی‌شناسد.",
        ),
        (
            "Remove duplicates: the first of them stays.",
            "تکراری‌ها را حذف کنید؛ نخستین آن‌ها می‌ماند.",
        ),
    ),
    FindingCode.NEAR_DUPLICATE: (
        ("Nearly a duplicate", "تقریباً تکراری"),
        (
            "An earlier row has almost the same words in the same order.",
            "سطری پیش از این تقریباً همین واژه‌ها را به همین ترتیب دارد.",
        ),
        (
            "Remove duplicates, near ones too: the first of them stays.",
            "تکراری‌ها را همراه با «تقریباً تکراری» حذف کنید؛ نخستین آن‌ها می‌ماند.",
        ),
    ),
    FindingCode.TOO_LONG: (
        ("Too long", "بیش از اندازه بلند"),
        (
            "The row is longer than a model reads at once; its end would be cut off.",
            "سطر از آنچه مدل یک‌جا می‌خواند بلندتر است؛ پایانش بریده می‌شود.",
        ),
        (
            "Filter by the number of words, or split the text in your file.",
            "با شمار واژه‌ها صافی کنید، یا متن را در فایل خود بشکنید.",
        ),
    ),
    FindingCode.TOO_SHORT: (
        ("Too short", "بیش از اندازه کوتاه"),
        (
            "The row has too few words to learn from.",
            "سطر کمتر از آن واژه دارد که بتوان چیزی از آن آموخت.",
        ),
        ("Filter by the number of words.", "با شمار واژه‌ها صافی کنید."),
    ),
    FindingCode.WRONG_LANGUAGE: (
        ("Not in Persian letters", "نه به خط فارسی"),
        (
            "Most letters of the row are of another script.",
            "بیشتر حرف‌های سطر به خطی دیگر است.",
        ),
        (
            "Filter by the share of Persian letters, if the model is to learn only Persian.",
            "اگر مدل باید تنها فارسی بیاموزد، با سهم حرف‌های فارسی صافی کنید.",
        ),
    ),
    FindingCode.MIXED_SCRIPTS: (
        ("Scripts mixed in a word", "دو خط در یک واژه"),
        (
            (
                "Letters of two scripts touch in one word: a look-alike of another keyboard, or a "
                "missing space."
            ),
            (
                "حرف‌های دو خط در یک واژه به هم چسبیده‌اند: همانندی از صفحه‌کلید دیگر، یا فاصله‌ای که "
                "جا افتاده است."
            ),
        ),
        (
            "Look at the rows; mend them in your file, or filter them out.",
            "سطرها را ببینید؛ در فایل خود درستشان کنید، یا کنارشان بگذارید.",
        ),
    ),
    FindingCode.BROKEN_HALF_SPACE: (
        ("Broken half-space", "نیم‌فاصلهٔ نادرست"),
        (
            (
                "A half-space stands beside a space or at an edge, or a space stands where a "
                "half-space belongs («می رود»، «کتاب ها»)."
            ),
            (
                "نیم‌فاصله کنار فاصله یا در لبه آمده، یا فاصله‌ای جای نیم‌فاصله نشسته است "
                "(«می رود»، «کتاب ها»)."
            ),
        ),
        ("Normalise, with half-spaces on.", "با روشن بودن «نیم‌فاصله» نرمال‌سازی کنید."),
    ),
    FindingCode.ARABIC_LETTERS: (
        ("Arabic letters", "حرف‌های عربی"),
        (
            (
                "Letters of another keyboard (ي, ك) look like Persian ones (ی, ک) and are not to a "
                "model."
            ),
            (
                "حرف‌هایی از صفحه‌کلید دیگر (ي، ك) که به حرف‌های فارسی (ی، ک) می‌مانند و برای مدل چیز "
                "دیگری‌اند."
            ),
        ),
        ("Normalise, with letters on.", "با روشن بودن «حرف‌ها» نرمال‌سازی کنید."),
    ),
    FindingCode.PRESENTATION_FORMS: (
        ("Presentation forms", "شکل‌های نمایشی"),
        (
            ("Letters stored as they are drawn, as old programs did; no tokenizer knows them."),
            (
                "حرف‌ها به شکلی که نقش می‌شوند ذخیره شده‌اند، چنان که برنامه‌های کهنه می‌کردند؛ هیچ "
                "توکن‌سازی آن‌ها را نمی‌شناسد."
            ),
        ),
        (
            "Normalise, with presentation forms on.",
            "با روشن بودن «شکل‌های نمایشی» نرمال‌سازی کنید.",
        ),
    ),
    FindingCode.INVISIBLE: (
        ("Invisible marks", "نشانه‌های ناپیدا"),
        (
            (
                "Controls of direction, zero-width marks or control characters nobody sees and "
                "every tokenizer does."
            ),
            "نویسه‌های کنترلی جهت یا نشانه‌های بی‌پهنا که کسی نمی‌بیند و هر توکن‌سازی می‌بیند.",
        ),
        (
            "Normalise, with invisible marks on.",
            "با روشن بودن «نشانه‌های ناپیدا» نرمال‌سازی کنید.",
        ),
    ),
    FindingCode.HTML: (
        ("HTML left over", "بازماندهٔ HTML"),
        (
            "Tags or entities of a web page stand in the text.",
            "برچسب‌ها یا نشانه‌های یک صفحهٔ وب در متن مانده است.",
        ),
        ("Clean: it takes them out.", "پاک‌سازی کنید؛ آن‌ها را برمی‌دارد."),
    ),
    FindingCode.REPEATED: (
        ("Repeated", "تکرار پیاپی"),
        (
            "One letter, word or line comes over and over.",
            "یک حرف، واژه یا سطر بارها پشت سر هم آمده است.",
        ),
        (
            "Normalise with repeated letters on, or filter the rows out.",
            "با روشن بودن «حرف‌های تکراری» نرمال‌سازی کنید، یا سطرها را کنار بگذارید.",
        ),
    ),
    FindingCode.EMAIL: (
        ("E-mail address", "نشانی ایمیل"),
        (
            "The row names somebody's address; a model may say it to others.",
            "نشانی کسی در سطر است؛ مدل شاید آن را به دیگران بگوید.",
        ),
        ("Mask e-mail addresses.", "نشانی‌های ایمیل را بپوشانید."),
    ),
    FindingCode.PHONE: (
        ("Telephone number", "شمارهٔ تلفن"),
        (
            "The row names somebody's number; a model may say it to others.",
            "شمارهٔ کسی در سطر است؛ مدل شاید آن را به دیگران بگوید.",
        ),
        ("Mask telephone numbers.", "شماره‌های تلفن را بپوشانید."),
    ),
    FindingCode.NATIONAL_ID: (
        ("National id", "کد ملی"),
        (
            "Ten digits with the check digit of an Iranian national id.",
            "ده رقمی که رقم کنترلی‌اش با کد ملی می‌خواند.",
        ),
        ("Mask national ids.", "کدهای ملی را بپوشانید."),
    ),
    FindingCode.CARD: (
        ("Bank card", "شمارهٔ کارت بانکی"),
        (
            "Sixteen digits with the check digit of a bank card.",
            "شانزده رقمی که رقم کنترلی‌اش با کارت بانکی می‌خواند.",
        ),
        ("Mask card numbers.", "شماره‌های کارت را بپوشانید."),
    ),
    FindingCode.IBAN: (
        ("IBAN", "شمارهٔ شبا"),
        (
            "An Iranian IBAN with right check digits.",
            "شمارهٔ شبایی که رقم‌های کنترلی‌اش درست است.",
        ),
        ("Mask IBANs.", "شماره‌های شبا را بپوشانید."),
    ),
    FindingCode.LEAK: (
        ("Also in the other data", "مشترک با دادهٔ دیگر"),
        (
            "The row is also in the data that this was compared with: a test on it says too much.",
            "سطر در داده‌ای هم هست که با این سنجیده شد؛ آزمون روی آن بیش از حد خوش‌بین است.",
        ),
        (
            "Make a version without the rows of the other dataset.",
            "نسخه‌ای بدون سطرهای مجموعه‌دادهٔ دیگر بسازید.",
        ),
    ),
}


def described(code: FindingCode) -> tuple[Note, Note, Note]:
    """Title, help and mend of a finding."""
    title, text, mend = (Note(en=en, fa=fa) for en, fa in WORDS[code])
    return title, text, mend
