"""How data of a notebook becomes a dataset of the service: sent, read by a job, kept.

Owns the way there and what is shown meanwhile. Reading and judging are the service's work.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..client import Client
from ..errors import DatasetMissing, HubProblem, InvalidField, NotFound
from ..protocol.base import new_id
from ..protocol.data import Dataset
from ..protocol.jobs import Progress
from . import display, rows_file
from .meter import ProgressCard, ProgressLine, meter
from .waiting import finished

#: A dataset of the Hub: its owner, and its name there.
HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
_UPLOADING = ("uploading", "در حال بارگذاری")


@dataclass(frozen=True, slots=True)
class Brought:
    """A dataset that was just made, and the job that read it."""

    dataset: Dataset
    job_id: str


@dataclass(slots=True)
class Loading:
    """One loading: `reading` is how, as `ImportAsk` has it (name, shape, fields, encoding, ...)."""

    client: Client
    reading: dict[str, Any]
    persian: bool = field(init=False)

    def __post_init__(self) -> None:
        self.persian = self.client.service.settings().language == "fa"

    def file(self, path: Path) -> Brought:
        """A file: read where it lies if the service can, else sent.

        Raises:
            DatasetMissing: it is neither here nor there.
            DatasetProblem: it cannot be used.

        """
        path = path.expanduser()
        here = path.is_file()
        if here:
            path = path.absolute()
        elif not path.is_absolute():
            raise DatasetMissing(path=str(path))
        if not here or self.client.address.loopback:
            # One machine: nothing is copied twice. A container of its own behind a loopback
            # address does not see the file: send it then.
            try:
                return self._read({"path": str(path)}, path.stem)
            except DatasetMissing:
                if not here:
                    raise
        return self._sent(path, path.name)

    def hub(
        self,
        repo_id: str,
        *,
        revision: str = "main",
        files: Sequence[str] = (),
        split: str | None = None,
    ) -> Brought:
        """Files of the Hub, which the service fetches itself: named ones, or all it can read.

        With a split only files whose names say it: `data/train-00000-of-00002.parquet` or
        `train.jsonl` for `train`.

        Raises:
            HubProblem: the Hub does not give it.
            InvalidField: no file's name says that split.

        """
        wanted = (
            list(files) if split is None else files_of_split(self.client, repo_id, revision, split)
        )
        return self._read({"repo_id": repo_id, "revision": revision, "files": wanted}, repo_id)

    def rows(self, data: Any, name: str = "notebook") -> Brought:
        """What is in memory here: rows, a frame, a `datasets.Dataset`. Raises `InvalidField`."""
        with tempfile.TemporaryDirectory(prefix="persian-ai-") as folder:
            path = Path(folder) / "notebook.jsonl"
            rows_file.write(data, path)
            return self._sent(path, f"{name}.jsonl", name=name)

    # --- the way --------------------------------------------------------------------------------

    def _sent(self, path: Path, file_name: str, *, name: str = "") -> Brought:
        shown = self.reading.get("name") or name or path.stem
        where = meter(shown, persian=self.persian)
        begun = time.monotonic()

        def tick(done: int, total: int) -> None:
            seconds = time.monotonic() - begun
            speed = done / seconds if seconds > 0 else 0.0
            self._say_sending(where, done, total, speed)

        upload = self.client.dataset_jobs.upload(path, name=file_name, tick=tick)
        return self._read({"upload_id": upload.id}, shown, where)

    def _say_sending(
        self, where: ProgressLine | ProgressCard, done: int, total: int, speed: float
    ) -> None:
        left = (total - done) / speed if speed else None
        progress = Progress(done=done, total=total, unit="byte", speed=speed, eta_seconds=left)
        parts = [
            _UPLOADING[where.persian],
            *display.reached(progress, persian=where.persian),
            *display.pace(progress, persian=where.persian),
        ]
        sentence = ("، " if where.persian else ", ").join(parts)
        where.say(sentence, done / total if total else None, "sending")

    def _read(
        self, source: Mapping[str, Any], name: str, where: ProgressLine | ProgressCard | None = None
    ) -> Brought:
        """Let the service read it, and keep it."""
        shown = self.reading.get("name") or name
        ask = {"name": shown, **self.reading, **source, "keep": True}
        ask["name"] = shown
        job = self.client.dataset_jobs.submit(ask, idempotency_key=new_id())
        where = where or meter(shown, persian=self.persian)
        try:
            job = finished(self.client, job, where, persian=where.persian)
        finally:
            where.end()
        known = job.result.get("dataset_id")
        dataset = (
            self.client.datasets.get(str(known))
            if known
            else self.client.dataset_jobs.keep(job.id, shown)
        )
        return Brought(dataset, job.id)


def files_of_split(client: Client, repo_id: str, revision: str, split: str) -> list[str]:
    """Files of a dataset of the Hub whose names say the split, as the service sees them.

    Raises:
        HubProblem: the Hub does not say.
        InvalidField: there is none.

    """
    try:
        held = client.catalogue.repo(repo_id, "dataset", revision)
    except NotFound as error:
        raise HubProblem(
            repo_id=repo_id,
            reason="there is none that you may see",
            reason_fa="مخزنی که اجازهٔ دیدنش را داشته باشید نیست",
        ) from error
    known = [file.name for file in held.files]
    word = re.compile(rf"(?:^|[/_.-]){re.escape(split)}(?:$|[/_.-])", re.IGNORECASE)
    found = [name for name in known if word.search(name)]
    if not found:
        names = ", ".join(known[:20])
        raise InvalidField(
            field="split",
            reason=f"no file of “{repo_id}” is named for “{split}”: {names}",
            reason_fa=f"نام هیچ فایلی از «{repo_id}» از «{split}» نمی‌گوید: {names}",
        )
    return found


def chosen_split(data: Any, split: str | None) -> Any:
    """One dataset of several by name. Raises `InvalidField` where there is none of that name."""
    if split is None or split in data:
        return data if split is None else data[split]
    known = ", ".join(str(name) for name in data)
    raise InvalidField(
        field="split",
        reason=f"“{split}” is none of {known}",
        reason_fa=f"«{split}» از این‌ها نیست: {known}",
    )
