"""What every error of ours is: a code, a status, a sentence and a hint in both languages.

The HTTP edge, the workers and the notebook client all carry the same `ErrorBody`; nothing else
turns an exception into words. Knows no single error.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field


class ErrorBody(BaseModel):
    """The content of `{"error": ...}` in every failed answer and of every `error` event."""

    code: str
    message: str
    message_fa: str
    hint: str = ""
    hint_fa: str = ""
    details: dict[str, Any] = Field(default_factory=dict)


class PersianAIError(Exception):
    """Something went wrong that a user can understand.

    The class attributes are templates; `details` fills their `{fields}` and travels along.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    en: ClassVar[str] = "Something unexpected happened inside the service."
    fa: ClassVar[str] = "خطای پیش‌بینی‌نشده‌ای در سرویس رخ داد."
    hint_en: ClassVar[str] = "Try again; if it happens again, look at the server log."
    hint_fa: ClassVar[str] = "دوباره تلاش کنید؛ اگر تکرار شد، گزارش سرور را ببینید."

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.body.message)

    @property
    def body(self) -> ErrorBody:
        """The error as it goes over the wire."""
        fields = _Blank(self.details)
        return ErrorBody(
            code=self.code,
            message=self.en.format_map(fields),
            message_fa=self.fa.format_map(fields),
            hint=self.hint_en.format_map(fields),
            hint_fa=self.hint_fa.format_map(fields),
            details=self.details,
        )


#: Things of ours that an error may be about.
_PERSIAN = {
    "address": "نشانی",
    "conversation": "گفت‌وگو",
    "dataset": "داده",
    "job": "کار",
    "message": "پیام",
    "model": "مدل",
    "notification": "اعلان",
    "page": "صفحه",
    "route": "مسیر",
    "sample": "نمونه",
    "script": "اسکریپت",
    "user": "کاربر",
    "version": "نسخه",
}


class _Blank(dict[str, Any]):
    """Formatting must never fail while an error is being reported."""

    def __missing__(self, key: str) -> str:
        # Where a raiser gave a word in one language only, it is translated, or serves both.
        if key.endswith("_fa") and key[:-3] in self:
            given = str(self[key[:-3]])
            return _PERSIAN.get(given, given)
        return f"{{{key}}}"
