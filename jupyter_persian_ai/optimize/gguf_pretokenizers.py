r"""Which of llama.cpp's ways of cutting a text into words suits a byte-level BPE tokenizer.

A GGUF file cannot hold a pattern: it names one of those that llama.cpp knows
(`tokenizer.ggml.pre`), and a name that llama.cpp does not know keeps it from loading the file. So
each known way is tried here as llama.cpp would go it, on sentences and on the tokenizer's own
tokens, and the one that gives the same tokens is named. Of equals the older name is taken: more
versions of llama.cpp know it.

Patterns: `src/llama-vocab.cpp` of llama.cpp, in the spelling of Oniguruma.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

_ENGLISH = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_MORE = r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_REST_MARKS = r" ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_FIRST = r"[^\r\n\p{L}\p{N}]?"
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"

#: Name to patterns, applied one after the other; the oldest first.
WAYS: dict[str, tuple[str, ...]] = {
    "gpt-2": (_GPT2,),
    "llama-bpe": (rf"{_ENGLISH}|{_FIRST}\p{{L}}+|\p{{N}}{{1,3}}|{_REST}",),
    "qwen2": (rf"{_ENGLISH}|{_FIRST}\p{{L}}+|\p{{N}}|{_REST}",),
    "smollm": (r"\p{N}", _GPT2),
    "bloom": (r" ?[^(\s|.,!?…。，、।۔،)]+",),
    "gpt-4o": (
        rf"{_FIRST}{_UPPER}*{_LOWER}+{_ENGLISH}?|{_FIRST}{_UPPER}+{_LOWER}*{_ENGLISH}?|{_MORE}",
    ),
    "qwen35": (rf"{_ENGLISH}|{_FIRST}[\p{{L}}\p{{M}}]+|\p{{N}}|{_REST_MARKS}",),
    # Keeps a half-space within its word, as our own tokenizers do; in llama.cpp since 2026.
    "k2-horizon": (
        rf"{_ENGLISH}|{_FIRST}(?:\p{{L}}|\p{{M}}|\x{{200C}}|\x{{200D}})+|\p{{N}}{{1,3}}|{_REST}",
    ),
}
#: Ways in which a word that is a token is taken as one, whatever the merges say.
_WHOLE_WORDS = frozenset({"llama-bpe"})
#: Of the tokenizer's own tokens so many are tried, evenly spread.
_TOKENS = 4000
_BROKEN = "\ufffd"

SENTENCES = (
    "سلام! حال شما چطور است؟",
    "می‌خواهم کتاب‌هایی را که دیروز خریده‌ام، امشب بخوانم.",
    "در سال ۱۴۰۳ بیش از ۱۲٬۵۰۰ نفر به این کتابخانه آمدند.",
    "«خانهٔ ما» در خیابان سوم، پلاک ۲۷ است؛ بیا!",
    "هوا سرد بود (دمای ۵- درجه) ولی برف نمی‌بارید…",
    "نشانی وب: https://example.org/fa/page?id=12&q=x",
    "او گفت: «نمی‌دانم؛ شاید فردا، شاید هم هرگز.»",
    "قیمت این کالا ۱۲۵۰۰۰۰ ریال، یعنی ۱۲۵ هزار تومان است.",
    "ساعت ۷:۳۰ صبح، روز ۱۳۶۷/۰۵/۲۹ به دنیا آمد.",
    "حتماً، قبلاً و معمولاً تنوین دارند.",
    "شرکت ABC در سال 2024 نرم‌افزار Version 3.5 را فروخت.",
    "پایتون (Python) زبانی ساده‌ است و it's fun to learn.",
    "سطر یکم\nسطر دوم\n\nبند تازه",
    "۱. سیب\n۲. گلابی\n۳. انار",
    "- نان\n- پنیر\n- سبزی",
    "آیا مي‌دانيد كه «ي» و «ك» عربی‌اند؟",
    "بچّه‌ها مُعَلِّم را دوست دارند.",
    "۵۰٪ تخفیف! فقط تا جمعه‌شب.",
    "دویدم‌ودویدم، سرِ کوهی رسیدم.",
    "نامهٔ الکترونیکی: name@example.com",
    "a = b + 1; if (x > 10) { return 'no'; }",
    "The quick brown fox doesn't jump over 13 lazy dogs.",
    "خوش‌حالم 🙂 که آمدی 👍",
    "از ۰ تا ۹: ۰۱۲۳۴۵۶۷۸۹",
    "این جمله، ویرگول، دارد. و نقطه. هم.",
    "پرسید: چرا؟ گفتم: نپرس!",
    "میان‌بُرِ صفحه‌کلید: Ctrl+Shift+P",
    "زندگی زیباست ای زیباپسند / زنده‌اندیشان به زیبایی رسند",
    "دو  فاصله و   سه فاصله",
    "\tزبانه در آغاز",
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A way, and how many of the sentences and of the tokens it cuts otherwise."""

    name: str
    sentences: int
    tokens: int
    tried: int


def choose(told: dict[str, Any]) -> Chosen:
    """The way that comes nearest to the tokenizer `told` (the content of a `tokenizer.json`)."""
    own = _made(told, None)
    texts = [*SENTENCES, *_own_texts(own)]
    wanted = _cut(own, texts)
    found: Chosen | None = None
    for name in WAYS:
        got = _cut(_made(told, name), texts)
        wrong = [place for place, ids in enumerate(got) if ids != wanted[place]]
        sentences = sum(place < len(SENTENCES) for place in wrong)
        chosen = Chosen(name, sentences, len(wrong) - sentences, len(texts) - len(SENTENCES))
        if found is None or (sentences, chosen.tokens) < (found.sentences, found.tokens):
            found = chosen
    if found is None:
        raise AssertionError("no way is known")
    return found


def _made(told: dict[str, Any], way: str | None) -> Tokenizer:
    """The tokenizer itself, or as llama.cpp would be it: no normaliser, other words."""
    copy = {**told, "post_processor": None, "truncation": None, "padding": None}
    if way is not None:
        copy["normalizer"] = None
        copy["model"] = {**told["model"], "ignore_merges": way in _WHOLE_WORDS}
        splits = [
            {
                "type": "Split",
                "pattern": {"Regex": pattern},
                "behavior": "Isolated",
                "invert": False,
            }
            for pattern in WAYS[way]
        ]
        bytewise = {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": False,
        }
        copy["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [*splits, bytewise]}
    return Tokenizer.from_str(json.dumps(copy))


def _own_texts(tokenizer: Tokenizer) -> list[str]:
    size = tokenizer.get_vocab_size(with_added_tokens=False)
    step = max(1, size // _TOKENS)
    texts = tokenizer.decode_batch(
        [[place] for place in range(0, size, step)], skip_special_tokens=True
    )
    return [text for text in texts if text and _BROKEN not in text]


def _cut(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    return [one.ids for one in tokenizer.encode_batch(texts, add_special_tokens=False)]
