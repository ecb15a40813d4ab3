"""What a bundle says of itself: the manifest, its limits, and which names it may hold.

Owns the form of `persian-ai-bundle.json` and everything that is refused by looking at it. Opens
no file.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import BundleDamaged, BundleNewer, BundleNotPackable, BundleUnsafe
from ...protocol.base import Moment
from ...protocol.bundles import BundledFile
from ..inspect import PICKLES

FORMAT: Final = "jupyter-persian-ai bundle"
FORMAT_VERSION = 1
MANIFEST = "persian-ai-bundle.json"
SUMS = "SHA256SUMS"
#: A manifest of that many files and parts is a few megabytes.
MAX_FILES = 10_000
MAX_PARTS = 9_999
MAX_BYTES = 8 * 2**20
#: Of one file; 256 TiB, beyond any disk it could come from.
MAX_FILE_BYTES = 2**48
#: The name field of a tar header.
NAME_BYTES = 100
ROOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
#: The one file of a dataset; its own reader makes all the rest anew.
ROWS = "rows.jsonl"

_NAME = re.compile(r"[\w+=@,()\[\]][\w+=@,()\[\]. -]{0,99}")
#: Names that are devices on Windows, with any ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
EMPTY_SHA256 = "0" * 64


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class File(_Strict):
    """A file inside."""

    name: str = Field(min_length=1, max_length=NAME_BYTES)
    bytes: int = Field(ge=0, le=MAX_FILE_BYTES)
    sha256: _Sha256


class Part(_Strict):
    """A part of what follows the manifest."""

    bytes: int = Field(ge=1)
    sha256: _Sha256


class Manifest(_Strict):
    """`persian-ai-bundle.json`. Sizes in bytes; `made` in whole seconds, UTC."""

    format: Literal["jupyter-persian-ai bundle"] = FORMAT
    format_version: int = FORMAT_VERSION
    subject: Literal["model", "dataset"]
    name: str = Field(max_length=120)
    root: str = Field(pattern=rf"^{ROOT.pattern}$")
    license: str = Field(default="", max_length=400)
    made: Annotated[Moment, Field(strict=False)]
    by_version: str = Field(max_length=60)
    about: dict[str, str] = Field(default_factory=dict, max_length=20)
    files: list[File] = Field(min_length=1, max_length=MAX_FILES)
    part_bytes: int = Field(default=0, ge=0)
    parts: list[Part] = Field(default_factory=list, max_length=MAX_PARTS)
    id: _Sha256 = EMPTY_SHA256
    digest: _Sha256 = EMPTY_SHA256

    def settled(self) -> Manifest:
        """The same with `id` (of the contents) and `digest` (of all that it says)."""
        with_id = self.model_copy(update={"id": identity(self.files), "digest": EMPTY_SHA256})
        return with_id.model_copy(update={"digest": hashlib.sha256(with_id.text()).hexdigest()})

    def text(self) -> bytes:
        """Its bytes: the same manifest gives the same, however its hashes turn out."""
        said = self.model_dump(mode="json")
        return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"

    @property
    def sums(self) -> bytes:
        """The content of `SHA256SUMS`."""
        return sums(self.files)

    @property
    def seconds(self) -> int:
        """When it was made, as tar counts."""
        return int(self.made.timestamp())

    @property
    def bundled(self) -> list[BundledFile]:
        """The files as the wire shows them."""
        return [BundledFile(**file.model_dump()) for file in self.files]


def identity(files: list[File]) -> str:
    """What names a content: the sha256 of its `SHA256SUMS`, sorted by name."""
    return hashlib.sha256(sums(sorted(files, key=lambda file: file.name))).hexdigest()


def sums(files: list[File]) -> bytes:
    """The hashes as `sha256sum` writes and checks them."""
    return "".join(f"{file.sha256}  {file.name}\n" for file in files).encode()


def moment(seconds: int) -> datetime:
    """A manifest's time of making."""
    return datetime.fromtimestamp(seconds, UTC)


def parse(raw: bytes, part: str) -> Manifest:
    """The manifest that `raw` holds, checked; `part` is the file that it was read from.

    Raises:
        BundleDamaged: it is not what was written.
        BundleNewer: it is of a later format.
        BundleUnsafe: it names what no bundle may hold.

    """
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        raise _damaged(part) from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise _damaged(part)
    version = said.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise BundleNewer(version=version, known=FORMAT_VERSION)
    _check_raw_names(said)
    try:
        manifest = Manifest.model_validate(said)
    except ValidationError:
        raise _damaged(part) from None
    if manifest.settled().text() != raw:
        raise _damaged(part)
    check(manifest)
    return manifest


def check(manifest: Manifest) -> None:
    """Refuse a manifest whose files may not be carried or do not fit its parts.

    Raises:
        BundleUnsafe: the reason says which.

    """
    check_names([file.name for file in manifest.files])
    if not 0 <= manifest.seconds < 8**11:
        raise _unsafe("it was made at no time that tar knows", "زمان ساختش در tar نمی‌گنجد")
    if manifest.subject == "dataset" and [file.name for file in manifest.files] != [ROWS]:
        raise _unsafe(f"a dataset is {ROWS} alone", f"داده تنها {ROWS} است")
    if manifest.subject == "model":
        for file in manifest.files:
            if is_code(file.name):
                raise _unsafe(
                    f"{file.name} is of a kind that can hold code",
                    f"{file.name} از گونه‌ای است که می‌تواند کد داشته باشد",
                )


def check_names(names: list[str]) -> None:
    """Make sure that these can be the names of files side by side on any disk.

    Raises:
        BundleUnsafe: one is no plain name, or two are the same to some disks.

    """
    seen: set[str] = set()
    for name in names:
        if not plain(name):
            shown = name[:80]
            raise _unsafe(f"“{shown!a}” is no plain name", f"نام «{shown!a}» ساده نیست")
        key = unicodedata.normalize("NFKC", name).casefold()
        if key in seen:
            raise _unsafe(f"{name} comes twice", f"{name} دو بار آمده است")
        seen.add(key)


def check_packable(names: list[str]) -> None:
    """As `check_names`, for what a user asks to be packed.

    Raises:
        BundleNotPackable: one of the names cannot be carried.

    """
    try:
        check_names(names)
    except BundleUnsafe as error:
        raise BundleNotPackable(
            name=", ".join(name for name in names if not plain(name))[:200] or "…",
            reason=error.details["reason"],
            reason_fa=error.details["reason_fa"],
        ) from None
    if len(names) > MAX_FILES:
        raise BundleNotPackable(
            name=f"{len(names)}",
            reason=f"it has more than {MAX_FILES} files",
            reason_fa=f"بیش از {MAX_FILES} فایل دارد",
        )


def plain(name: str) -> bool:
    """Whether a file can have this name on any disk, and lies in no other folder."""
    return (
        _NAME.fullmatch(name) is not None
        and not name.endswith((".", " "))
        and len(name.encode()) <= NAME_BYTES
        and unicodedata.normalize("NFC", name) == name
        and not _DEVICES.fullmatch(name)
        and name.casefold() not in {MANIFEST.casefold(), SUMS.casefold()}
    )


def is_code(name: str) -> bool:
    """Whether a file of this name could run code when it is loaded."""
    dot = name.rfind(".")
    return dot >= 0 and name[dot:].lower() in PICKLES | {".py", ".pyc", ".so"}


def _check_raw_names(said: dict[str, Any]) -> None:
    """Counts and names first: what leads out of the folder is to be told as that."""
    for field, limit in (("files", MAX_FILES), ("parts", MAX_PARTS)):
        listed = said.get(field)
        if isinstance(listed, list) and len(listed) > limit:
            raise _unsafe(f"it has {len(listed)} {field}", f"{len(listed)} فایل یا پاره دارد")
    files = said.get("files")
    if isinstance(files, list):
        check_names([str(one["name"]) for one in files if isinstance(one, dict) and "name" in one])


def _unsafe(reason: str, reason_fa: str) -> BundleUnsafe:
    return BundleUnsafe(reason=reason, reason_fa=reason_fa)


def _damaged(part: str) -> BundleDamaged:
    return BundleDamaged(
        part=part,
        reason="its list of contents is damaged",
        reason_fa="فهرست محتوایش آسیب دیده است",
    )
