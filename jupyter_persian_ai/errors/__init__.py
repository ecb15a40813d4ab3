"""The one tree of errors.

Every failure a user can meet is a `PersianAIError` with a stable `code`, an HTTP status, a
sentence in Persian and in English, and a hint that says what to do next. The HTTP edge, the
workers and the notebook client all carry the same `ErrorBody`; nothing else turns an exception
into words. Must not import anything above it: workers, server and notebooks all use it.
"""

from __future__ import annotations

from typing import Any

from .base import ErrorBody, PersianAIError
from .bundles import (
    BundleDamaged,
    BundleDiskFault,
    BundleFileLimit,
    BundleMissing,
    BundleNewer,
    BundleNotPackable,
    BundlePartMissing,
    BundleProblem,
    BundleSourceChanged,
    BundleUnsafe,
)
from .datasets import (
    ConversationRefused,
    DatasetBinary,
    DatasetDamaged,
    DatasetEmpty,
    DatasetEncoding,
    DatasetFields,
    DatasetFormat,
    DatasetLabels,
    DatasetLabelUnknown,
    DatasetLimit,
    DatasetMissing,
    DatasetOneLabel,
    DatasetProblem,
    DatasetStep,
    SamplesMissing,
    StillCounting,
)
from .hub import HubOffline, HubThrottled, TokenRefused
from .making import (
    AdapterUnfit,
    ExportUnsupported,
    MergeDiffers,
    PushPlanChanged,
    PushRefused,
    TokenizerUnsupported,
    TokenMissing,
)
from .models import (
    GgufDamaged,
    LockdownMissing,
    ModelAdapter,
    ModelGguf,
    ModelNotAFolder,
    ModelPickled,
    ModelProblem,
    ModelUnsafe,
    ModelUnsupported,
    PickleRefused,
    RiskNotAccepted,
)
from .persian import NormaliserFailed, NormaliserMissing, NormaliserVersion
from .registry import ModelInUse
from .requests import (
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    InvalidField,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    PathOutside,
    TooLarge,
    Unauthenticated,
)
from .running import (
    Busy,
    DiskFull,
    EngineFailed,
    HubProblem,
    LaunchRefused,
    MethodUnavailable,
    RankDied,
    ServiceUnreachable,
    TooFewDevices,
    TooLittleMemory,
    TooSlowToTry,
    TrainingDiverged,
    WorkerDied,
)

__all__ = [
    "AdapterUnfit",
    "BundleDamaged",
    "BundleDiskFault",
    "BundleFileLimit",
    "BundleMissing",
    "BundleNewer",
    "BundleNotPackable",
    "BundlePartMissing",
    "BundleProblem",
    "BundleSourceChanged",
    "BundleUnsafe",
    "Busy",
    "Conflict",
    "ConversationRefused",
    "DatasetBinary",
    "DatasetDamaged",
    "DatasetEmpty",
    "DatasetEncoding",
    "DatasetFields",
    "DatasetFormat",
    "DatasetLabelUnknown",
    "DatasetLabels",
    "DatasetLimit",
    "DatasetMissing",
    "DatasetOneLabel",
    "DatasetProblem",
    "DatasetStep",
    "DiskFull",
    "EngineFailed",
    "ErrorBody",
    "ExportUnsupported",
    "Forbidden",
    "GgufDamaged",
    "HubOffline",
    "HubProblem",
    "HubThrottled",
    "IdempotencyMismatch",
    "InvalidField",
    "InvalidRequest",
    "LaunchRefused",
    "LockdownMissing",
    "MergeDiffers",
    "MethodNotAllowed",
    "MethodUnavailable",
    "ModelAdapter",
    "ModelGguf",
    "ModelInUse",
    "ModelNotAFolder",
    "ModelPickled",
    "ModelProblem",
    "ModelUnsafe",
    "ModelUnsupported",
    "NormaliserFailed",
    "NormaliserMissing",
    "NormaliserVersion",
    "NotFound",
    "PathOutside",
    "PersianAIError",
    "PickleRefused",
    "PushPlanChanged",
    "PushRefused",
    "RankDied",
    "RiskNotAccepted",
    "SamplesMissing",
    "ServiceUnreachable",
    "StillCounting",
    "TokenMissing",
    "TokenRefused",
    "TokenizerUnsupported",
    "TooFewDevices",
    "TooLarge",
    "TooLittleMemory",
    "TooSlowToTry",
    "TrainingDiverged",
    "Unauthenticated",
    "WorkerDied",
    "revived",
]


def revived(code: str, details: dict[str, Any]) -> PersianAIError:
    """The error that another process raised, by its code."""
    classes: list[type[PersianAIError]] = [PersianAIError]
    for kind in classes:
        if kind.code == code:
            return kind(**details)
        classes.extend(kind.__subclasses__())
    return PersianAIError(**details)
