"""Bundles on the wire: a model or a dataset as files that can be carried to another machine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Ask, Moment, Wire

Sha256 = str


class BundleAsk(Ask):
    """`POST bundles`: pack a model or a dataset. A job of kind `bundle`, recipe `pack`."""

    subject: Literal["model", "dataset"]
    id: str = Field(min_length=1, max_length=64)
    version: int | None = Field(default=None, ge=1, description="the newest or current without it")
    part_bytes: int = Field(
        default=0, ge=0, description="size of a part, at least 1 MB; 0 makes one file"
    )
    folder: str = Field(
        default="",
        max_length=4096,
        description="where to write; without it into the data root, to be downloaded from there",
    )


class UnbundleAsk(Ask):
    """`POST bundles/imports`: take a bundle in. A job of kind `bundle`, recipe `unpack`."""

    path: str = Field(
        min_length=1, max_length=4096, description="the folder of its parts, or one of them"
    )
    name: str = Field(default="", max_length=120)


class BundlePath(Ask):
    """`POST bundles/look`: what lies at a path."""

    path: str = Field(min_length=1, max_length=4096)


class BundledFile(Wire):
    """A file inside a bundle."""

    name: str
    bytes: int
    sha256: Sha256


class BundlePart(Wire):
    """One file on the stick."""

    name: str
    bytes: int
    sha256: Sha256
    present: bool = Field(default=True, description="whether it is there, with its whole size")


class Bundle(Wire):
    """What a bundle says of itself, and which of its parts are there."""

    id: str = Field(description="sha256 of what it holds")
    subject: Literal["model", "dataset"]
    name: str
    license: str = ""
    files: list[BundledFile]
    files_bytes: int
    parts: list[BundlePart]
    bytes: int = Field(description="of all parts")
    made: Moment
    by_version: str = Field(description="version of this software that made it")
    path: str = Field(default="", description="where it was looked at")
    complete: bool = Field(default=True, description="every part is there")


class BundleUpload(Wire):
    """`POST bundles/uploads`: a set of parts that is sent from the user's machine, part by part.

    The form has a text field `upload_id` (empty begins a set) before the one `file`, whose name is
    the part's. A part that comes again replaces itself; a set is imported from its `path`.
    """

    id: str
    path: str = Field(description="the folder of the parts, for `bundles/look` and an import")
    parts: list[str] = Field(description="names of those that have arrived whole")
    bytes: int = Field(description="of all that have arrived")
