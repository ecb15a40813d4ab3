"""Failures of the library, the network and the transfer as errors of ours, in both languages.

Never passes on an address with its query: such an address can be a key.
"""

from __future__ import annotations

import errno
import re
from urllib.parse import urlsplit

from huggingface_hub import constants
from huggingface_hub.errors import (
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from ..errors import DiskFull, HubOffline, HubProblem, InvalidField, PersianAIError
from .transfer.faults import (
    BadAnswer,
    Changed,
    Damaged,
    GaveUp,
    NoAnswer,
    Refused,
    Throttled,
    Trouble,
)

#: What the library's HTTP client raises when the network fails. Found from the library's own
#: error, because it has changed its client before.
NETWORK: type[Exception] = HfHubHTTPError.__bases__[0]
EXPECTED = (PersianAIError, OSError, ValueError, RuntimeError, NETWORK, GaveUp, Changed)

_BY_ENVIRONMENT = " (HF_HUB_OFFLINE)" if constants.HF_HUB_OFFLINE else ""
_GATED = (
    "it is gated: accept its owners' terms on its page, and set your token in Settings",
    "دسترسی‌اش مشروط است: شرایط صاحبانش را در صفحهٔ آن بپذیرید و توکن خود را در تنظیمات وارد کنید",
)
#: The library's errors in the order in which they are recognised (a gated repository is also one
#: that is not found), and what to say.
_SAYINGS: tuple[tuple[type[BaseException], str, str], ...] = (
    (GatedRepoError, *_GATED),
    (RevisionNotFoundError, "it has no such revision", "این نسخه را ندارد"),
    (RemoteEntryNotFoundError, "a file is no longer there", "یکی از فایل‌ها دیگر نیست"),
    (
        RepositoryNotFoundError,
        "there is no such repository, or it is private",
        "چنین مخزنی نیست، یا خصوصی است",
    ),
    (
        FileMetadataError,
        "what answers is no Hub, or not a whole one",
        "آنچه پاسخ می‌دهد هاب نیست، یا کامل نیست",
    ),
    (
        LocalEntryNotFoundError,
        "the connection broke off and nothing is cached",
        "ارتباط قطع شد و چیزی در حافظهٔ محلی نیست",
    ),
    (
        Changed,
        "the repository keeps changing while it is fetched",
        "مخزن هنگام دریافت پیوسته دگرگون می‌شود",
    ),
)


def explained(repo_id: str, error: BaseException) -> PersianAIError:
    """What happened, in words; `error` is the library's, the transfer's or the system's."""
    if isinstance(error, PersianAIError):
        return error
    if isinstance(error, HFValidationError):
        return InvalidField(
            field="repo_id",
            reason="it looks like “owner/name”",
            reason_fa="به شکل «owner/name» است",
        )
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(needed="?", free=0)
    if isinstance(error, GaveUp):
        return _gave_up(repo_id, error)
    if unasked(error):
        return _offline(error)
    english, persian = _said(error)
    return HubProblem(repo_id=repo_id, reason=english, reason_fa=persian)


def unasked(error: BaseException) -> bool:
    """Whether the Hub could not be, or was not to be, asked."""
    nobody = isinstance(error, NETWORK) and not isinstance(error, HfHubHTTPError)
    return nobody or isinstance(error, OfflineModeIsEnabled)


def _offline(error: BaseException) -> HubOffline:
    if isinstance(error, OfflineModeIsEnabled):
        return HubOffline(
            endpoint=_host(),
            reason=f"offline mode is on{_BY_ENVIRONMENT}",
            reason_fa=f"حالت برون‌خط روشن است{_BY_ENVIRONMENT}",
        )
    return HubOffline(
        endpoint=_host(error),
        reason=f"nobody answers ({type(error).__name__})",
        reason_fa="کسی پاسخ نمی‌دهد",
    )


def _gave_up(repo_id: str, error: GaveUp) -> HubProblem:
    name, fault = error.name[:120], error.fault
    if isinstance(fault, Damaged):
        english = f"{name} came damaged; it was thrown away"
        persian = f"{name} خراب رسید و دور ریخته شد"
    elif isinstance(fault, BadAnswer):
        english = f"what came as {name} is not what was asked for: {fault}"
        persian = f"آنچه به نام {name} رسید همان نیست که خواسته شد"
    elif isinstance(fault, Refused) and fault.code == "GatedRepo":
        english, persian = _GATED
    elif isinstance(fault, Refused):
        english = f"{name} was refused with status {fault.status}"
        persian = f"{name} با وضعیت {fault.status} داده نشد"
    elif isinstance(fault, Throttled):
        seconds = round(fault.seconds)
        english = f"it asks to wait for {seconds} seconds before {name} is asked for again"
        persian = f"می‌خواهد {seconds} ثانیه صبر کنید و سپس {name} را دوباره بخواهید"
    elif isinstance(fault, Trouble):
        english = f"it answered with status {fault.status} for {name}"
        persian = f"برای {name} با وضعیت {fault.status} پاسخ داد"
    elif isinstance(fault, NoAnswer):
        english = f"the connection was lost at {name}; what has arrived is kept ({fault})"
        persian = f"ارتباط هنگام دریافت {name} از دست رفت؛ آنچه رسیده نگه داشته شد"
    else:
        english, persian = f"{name}: {fault}", f"خطا در {name}"
    return HubProblem(repo_id=repo_id, file=name, reason=english, reason_fa=persian)


def _host(error: BaseException | None = None) -> str:
    """Who was asked, without what could be secret in an address."""
    request = getattr(error, "_request", None)
    parts = urlsplit(str(request.url) if request is not None else constants.ENDPOINT)
    return parts.netloc.rpartition("@")[2]


def _said(error: BaseException) -> tuple[str, str]:
    for kind, english, persian in _SAYINGS:
        if isinstance(error, kind):
            return english, persian
    if isinstance(error, HfHubHTTPError):
        status = getattr(error.response, "status_code", "?")
        return f"it answered with status {status}", f"با وضعیت {status} پاسخ داد"
    name = type(error).__name__
    shown = re.sub(r"\?\S+", "?…", str(error)[:200])
    return f"{name}: {shown}", f"خطای {name}"
