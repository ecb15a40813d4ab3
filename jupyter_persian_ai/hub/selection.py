"""Which files of a repository are fetched.

A format that can run code is never fetched, not even when it is asked for by name. Without a list
of names: for a model what a loader of safetensors needs, for a dataset what our readers read, and
of rows that are there in several forms the Parquet one.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from ..errors import HubProblem, ModelUnsafe
from .inspect import PICKLES

_MODEL_SUFFIXES = frozenset({".json", ".safetensors", ".txt", ".model", ".jinja", ".md"})
#: What our readers read, packed or not.
DATA_SUFFIXES = frozenset(
    {".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".xlsx", ".gz", ".zip"}
)
_DATASET_SUFFIXES = DATA_SUFFIXES | {".md"}
#: Where the Hub keeps its own Parquet form of datasets, whatever they are published as.
CONVERTED = "refs/convert/parquet"
_PACKED = frozenset({".gz", ".zip"})
_WHOLE_NAMES = frozenset({"LICENSE", "NOTICE", "USE_POLICY"})


class NothingReadable(HubProblem):
    """A repository without a file of a kind that we read."""


def select(
    repo_id: str, repo_type: str, present: Collection[str], asked: Collection[str] | None
) -> list[str]:
    """The names to fetch, sorted.

    Raises:
        ModelUnsafe: a name that was asked for, or the only weights, can hold code.
        NothingReadable: nothing is left.
        HubProblem: a name that was asked for is absent.

    """
    if asked:
        return _asked(repo_id, set(present), asked)
    chosen = _of_dataset(present) if repo_type == "dataset" else _of_model(repo_id, present)
    if not chosen:
        raise NothingReadable(
            repo_id=repo_id,
            reason="it holds no file that we can read",
            reason_fa="فایلی که بتوان خواند در آن نیست",
        )
    return sorted(chosen)


def _asked(repo_id: str, present: set[str], asked: Collection[str]) -> list[str]:
    for name in asked:
        if name not in present:
            raise HubProblem(
                repo_id=repo_id,
                file=name,
                reason=f"it has no file {name[:120]}",
                reason_fa=f"فایل {name[:120]} را ندارد",
            )
        if _can_hold_code(name):
            raise _unsafe(repo_id, name)
    return sorted(set(asked))


def _of_model(repo_id: str, present: Collection[str]) -> list[str]:
    # Folders hold other forms of the same weights (onnx/, original/, ...).
    top = [name for name in present if "/" not in name]
    weights = [name for name in top if name.endswith(".safetensors")]
    if not weights:
        pickle = next((name for name in sorted(top) if _can_hold_code(name)), "")
        if pickle:
            raise _unsafe(repo_id, pickle)
        raise HubProblem(
            repo_id=repo_id,
            reason="it holds no safetensors weights",
            reason_fa="وزن safetensors ندارد",
        )
    standard = any(name.startswith("model") for name in weights)
    return [
        name
        for name in top
        if (_suffix(name) in _MODEL_SUFFIXES or name in _WHOLE_NAMES)
        # The same weights once more, for another program.
        and not (standard and name.startswith("consolidated"))
    ]


def _of_dataset(present: Collection[str]) -> list[str]:
    chosen = [
        name for name in present if _suffix(name) in _DATASET_SUFFIXES or name in _WHOLE_NAMES
    ]
    data = [name for name in chosen if _suffix(name) != ".md" and name not in _WHOLE_NAMES]
    columns = {_stem(name) for name in data if _suffix(name) == ".parquet"}
    again = {name for name in data if _suffix(name) != ".parquet" and _stem(name) in columns}
    return [name for name in chosen if name not in again] if data else []


def _stem(name: str) -> str:
    """The name without what says its form: `a/train` for `a/train.csv.gz`."""
    path = PurePosixPath(name)
    if path.suffix.lower() in _PACKED:
        path = path.with_suffix("")
    return str(path.with_suffix(""))


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _can_hold_code(name: str) -> bool:
    return _suffix(name) in PICKLES or _suffix(name) == ".py"


def _unsafe(repo_id: str, name: str) -> ModelUnsafe:
    return ModelUnsafe(
        path=repo_id,
        file=name,
        reason=f"{name[:120]} is of a kind that can hold code",
        reason_fa=f"{name[:120]} از گونه‌ای است که می‌تواند کد داشته باشد",
    )
