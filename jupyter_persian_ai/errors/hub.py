"""The Hub cannot be asked, or not now. `running.HubProblem` is for one repository of it."""

from __future__ import annotations

from typing import Any

from .base import PersianAIError
from .running import HubProblem


class HubOffline(HubProblem):
    """The Hub cannot be reached, or was not to be asked; what is local goes on working."""

    code = "hub_offline"
    status = 503
    en = "The Hub at “{endpoint}” cannot be reached: {reason}"
    fa = "هاب در «{endpoint}» در دسترس نیست: {reason_fa}"
    hint_en = (
        "The catalogue and all that is installed go on working. Check the network or the proxy, "
        "or name a mirror in Settings (or in HF_ENDPOINT)."
    )
    hint_fa = (
        "فهرست برگزیده و هرچه نصب است همچنان کار می‌کند. شبکه یا پراکسی را بررسی کنید، "
        "یا آینه‌ای در تنظیمات (یا در HF_ENDPOINT) بنویسید."
    )
    retry_after = 30


class HubThrottled(PersianAIError):
    """The Hub says that it was asked too often."""

    code = "hub_throttled"
    status = 429
    en = "The Hub was asked too often and wants a pause of {seconds} seconds."
    fa = "هاب بیش از اندازه پرسیده شده است و {seconds} ثانیه درنگ می‌خواهد."
    hint_en = "Wait for that long and search again; downloads under way are not touched."
    hint_fa = "همین اندازه صبر کنید و دوباره جست‌وجو کنید؛ دانلودهای در جریان دست نمی‌خورند."

    def __init__(self, **details: Any) -> None:
        super().__init__(**details)
        seconds = details.get("seconds")
        self.retry_after = seconds if isinstance(seconds, int) else 60


class TokenRefused(PersianAIError):
    """The Hub does not know the token, or does not take it."""

    code = "token_refused"
    status = 422
    en = "“{endpoint}” does not accept this token (status {status})."
    fa = "«{endpoint}» این توکن را نمی‌پذیرد (وضعیت {status})."
    hint_en = (
        "Copy the token again, whole, from the settings page of your account there; one that was "
        "revoked or has run out must be made anew."
    )
    hint_fa = (
        "توکن را دوباره و کامل از صفحهٔ تنظیمات حسابتان در آنجا رونویسی کنید؛ توکنی که باطل شده "
        "یا زمانش گذشته است باید از نو ساخته شود."
    )
