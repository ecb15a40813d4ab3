"""What a user sent cannot be accepted."""

from __future__ import annotations

from .base import PersianAIError


class InvalidRequest(PersianAIError):
    """The request itself cannot be read; `field` says where."""

    code = "invalid_request"
    status = 400
    en = "The request cannot be understood: {reason}"
    fa = "درخواست قابل فهم نیست: {reason}"
    hint_en = "Check the field “{field}”."
    hint_fa = "فیلد «{field}» را بررسی کنید."


class InvalidField(PersianAIError):
    """A value is outside what is allowed; `field`, `reason` and the allowed range say why."""

    code = "invalid_field"
    status = 422
    en = "“{field}” is not acceptable: {reason}"
    fa = "مقدار «{field}» پذیرفتنی نیست: {reason_fa}"
    hint_en = "Change this value and send again. Nothing was started."
    hint_fa = "این مقدار را عوض کنید و دوباره بفرستید. چیزی شروع نشده است."


class TooLarge(PersianAIError):
    """The body is larger than the limit."""

    code = "too_large"
    status = 413
    en = "This is larger than the limit of {limit} bytes."
    fa = "این از سقف {limit} بایت بزرگ‌تر است."
    hint_en = "Split it, or give a path on the server instead."
    hint_fa = "آن را بشکنید، یا به‌جایش مسیر فایل روی سرور را بدهید."


class NotFound(PersianAIError):
    """No such thing, or it belongs to another user: the answer is the same on purpose."""

    code = "not_found"
    status = 404
    en = "There is no {what} with this id: {id}"
    fa = "{what_fa} با این شناسه پیدا نشد: {id}"
    hint_en = "It may have been deleted. Open the list and choose again."
    hint_fa = "شاید حذف شده باشد. فهرست را باز کنید و دوباره برگزینید."


class Conflict(PersianAIError):
    """The thing is in a state in which this cannot be done."""

    code = "conflict"
    status = 409
    en = "This cannot be done now: {reason}"
    fa = "اکنون شدنی نیست: {reason_fa}"
    hint_en = "Look at its present state and choose what that state allows."
    hint_fa = "وضعیت کنونی را ببینید و کاری را برگزینید که این وضعیت اجازه می‌دهد."


class IdempotencyMismatch(PersianAIError):
    """One idempotency key was used for two different requests."""

    code = "idempotency_mismatch"
    status = 409
    en = "This idempotency key was already used for another request (job {job_id})."
    fa = "این کلید یکتایی پیش‌تر برای درخواست دیگری به کار رفته است (کار {job_id})."
    hint_en = "Use a new key for a new request."
    hint_fa = "برای درخواست تازه کلید تازه‌ای به کار ببرید."


class Forbidden(PersianAIError):
    """Jupyter's authorizer said no."""

    code = "forbidden"
    status = 403
    en = "You may not do this here."
    fa = "اجازهٔ این کار را ندارید."
    hint_en = "Ask whoever runs this server for the permission."
    hint_fa = "از مدیر این سرور اجازه بگیرید."


class Unauthenticated(PersianAIError):
    """No valid token."""

    code = "unauthenticated"
    status = 401
    en = "You are not signed in to this Jupyter server."
    fa = "به این سرور Jupyter وارد نشده‌اید."
    hint_en = "Open the address with its token, or sign in again."
    hint_fa = "نشانی را همراه توکن آن باز کنید، یا دوباره وارد شوید."


class MethodNotAllowed(PersianAIError):
    """The route is there, but not for this verb."""

    code = "method_not_allowed"
    status = 405
    en = "{method} cannot be used at this address."
    fa = "{method} در این نشانی به کار نمی‌رود."
    hint_en = "openapi.json lists every address and what may be done there."
    hint_fa = "همهٔ نشانی‌ها و کارهای ممکن در openapi.json آمده است."


class PathOutside(PersianAIError):
    """A path leaves the folder it has to stay in."""

    code = "path_outside"
    status = 400
    en = "This path leads out of the allowed folder."
    fa = "این مسیر به بیرون از پوشهٔ مجاز می‌رسد."
    hint_en = "Give a path inside the folder, without “..”."
    hint_fa = "مسیری درون پوشه و بدون «..» بدهید."
