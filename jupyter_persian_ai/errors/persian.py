"""Persian text that cannot be treated as asked, and why."""

from __future__ import annotations

from .base import PersianAIError


class NormaliserMissing(PersianAIError):
    """The recipe names a back end that is not installed here."""

    code = "normaliser_missing"
    status = 422
    en = "The normaliser “{backend}” is not installed here."
    fa = "نرمال‌ساز «{backend}» این‌جا نصب نیست."
    hint_en = "Install it where the server runs (pip install {backend}), or choose our own."
    hint_fa = "آن را جایی که سرور کار می‌کند نصب کنید (pip install {backend})، یا نرمال‌ساز \
خودمان را برگزینید."


class NormaliserVersion(PersianAIError):
    """Another version of the back end is installed than the recipe was made with."""

    code = "normaliser_version"
    status = 422
    en = "The recipe was made with {backend} {wanted}, but {backend} {found} is installed."
    fa = "این دستور با {backend} نسخهٔ {wanted} ساخته شده، ولی نسخهٔ {found} نصب است."
    hint_en = "Another version may change texts otherwise. Install {backend}=={wanted}, or \
make a new version of the data with the one that is here."
    hint_fa = "نسخهٔ دیگر شاید متن را جور دیگری عوض کند. {backend}=={wanted} را نصب کنید، یا با \
نسخهٔ نصب‌شده نسخه‌ای تازه از داده بسازید."


class NormaliserFailed(PersianAIError):
    """A back end failed on a text."""

    code = "normaliser_failed"
    status = 422
    en = "The normaliser “{backend}” failed: {reason}"
    fa = "نرمال‌ساز «{backend}» شکست خورد: {reason}"
    hint_en = "Choose our own normaliser, or another version of {backend}."
    hint_fa = "نرمال‌ساز خودمان یا نسخهٔ دیگری از {backend} را برگزینید."
