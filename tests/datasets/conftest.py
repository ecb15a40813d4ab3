"""Importing through the confined process, as the service does."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

from jupyter_persian_ai.datasets import importing, rows
from jupyter_persian_ai.datasets.canonical import RowWriter
from jupyter_persian_ai.datasets.samples import samples
from jupyter_persian_ai.jobs import confined
from jupyter_persian_ai.protocol.data import DatasetReport

# A busy machine is no failure.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

IMPORT = "jupyter_persian_ai.datasets.importing:import_file"


@pytest.fixture
def import_file(tmp_path):
    """Write `content` to `name` and import it; what came back and what was written."""

    def run(name, content, *, memory_bytes=2**30, seconds=60, **payload):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out_dir = tmp_path / "out"
        answer = confined.call(
            IMPORT,
            {"path": str(path), "name": name, "out_dir": str(out_dir), **payload},
            memory_bytes=memory_bytes,
            seconds=seconds,
        )
        written = (out_dir / "rows.jsonl").read_bytes()
        return SimpleNamespace(
            report=DatasetReport.model_validate(answer["report"]),
            sha256=answer["sha256"],
            bytes=answer["bytes"],
            folder=out_dir,
            written=written,
            rows=[json.loads(line) for line in written.splitlines()],
        )

    return run


@pytest.fixture
def read(tmp_path):
    """Import `content`; the report and the rows that were kept."""

    def run(content, name="a.jsonl", **payload):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        out = tmp_path / "out"
        answer = importing.import_file({"path": str(path), "out_dir": str(out), **payload})
        return DatasetReport.model_validate(answer["report"]), list(rows.iterate(out))

    return run


@pytest.fixture
def stored(tmp_path):
    """Write canonical rows to a folder of their own, as an import would leave them; the folder."""
    made = []

    def run(*some, name=""):
        folder = tmp_path / (name or f"stored{len(made)}")
        made.append(folder)
        with RowWriter(folder) as writer:
            for row in some:
                writer.add(row)
            writer.commit()
        return folder

    return run


@pytest.fixture(scope="session")
def hafez():
    """Rows of the three samples, by their ids."""
    return {one.id: list(one.rows()) for one in samples()}


@pytest.fixture(scope="session")
def farstail():
    """Real pairs with labels, where FarsTail is at hand."""
    root = Path(__file__).parents[2]
    for known in (os.environ.get("FARSTAIL", ""), root.parent / "shared" / "data" / "farstail"):
        path = Path(known) / "Val-word.csv"
        if known and path.is_file():
            lines = path.read_text("utf-8").splitlines()[1:]
            cells = [line.split("\t")[:3] for line in lines if line.count("\t") >= 2]
            return [{"text": a, "text_pair": b, "label": c} for a, b, c in cells]
    pytest.skip("FarsTail is not here")
