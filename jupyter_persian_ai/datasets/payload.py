"""What `importing` and `peeking` are asked, as it crosses the pipe to their process."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from ..protocol.base import Ask
from ..protocol.data import DatasetShape


class InputFile(Ask):
    """A file to read. `name` is for messages, and its suffix names the format."""

    path: str
    name: str = ""


class Payload(Ask):
    """Which files, how to read them and where to write the rows. Sizes in bytes.

    Either `path` and `name`, or `files`, which are read one after another into one dataset.
    """

    path: str = Field(default="", description="absolute path of the file")
    name: str = Field(default="", description="for messages; its suffix names the format")
    files: list[InputFile] = Field(default_factory=list)
    members: list[str] = Field(default_factory=list, description="of archives and workbooks")
    shape: DatasetShape | None = None
    shapes: list[DatasetShape] = Field(default_factory=list, description="any of these")
    fields: dict[str, str] = Field(default_factory=dict, description="ours to the file's")
    encoding: str | None = None
    out_dir: str | None = None
    max_line_bytes: int = 16 * 2**20
    max_rows: int = 50_000_000
    max_members: int = Field(default=10_000, description="entries of an archive")
    max_unpacked_bytes: int = Field(default=64 * 2**30, description="of an archive, all together")
    disk_reserve_bytes: int = 0
    processes: int = Field(
        default=0, ge=0, le=8, description="that parse a large .jsonl; 0: one a core, at most 2"
    )

    @property
    def inputs(self) -> list[InputFile]:
        """The files, each with a name."""
        files = self.files or [InputFile(path=self.path, name=self.name)]
        return [InputFile(path=one.path, name=one.name or Path(one.path).name) for one in files]

    @property
    def title(self) -> str:
        """What messages about the whole call it: the first file."""
        return self.inputs[0].name
