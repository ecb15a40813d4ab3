"""The datasets notebook runs as it is: a messy file becomes a version, parts and a training."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("datasets_*.ipynb"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, alone: Path) -> None:
    pytest.importorskip("hafez")
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(alone)}}
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=resources
    ).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    def said(code: str) -> str:
        (cell,) = [one for one in cells if one.source.startswith(code)]
        return "\n".join(plain(output) for output in cell.outputs)

    assert "⟨ZWNJ⟩" in said("pai.trace(")
    assert "completed" in said("data = pai.datasets.load(") or "پایان یافت" in said(
        "data = pai.datasets.load("
    )
    assert {"11", "26"} <= set(re.findall(r"\d+", said("data.problems()")))
    found = said("data.findings()")
    assert {"duplicate", "html", "phone", "email", "arabic_letters"} <= set(found.split())
    assert "5 of" in said("data.search(")
    rows = {kind: (number(a), number(b)) for kind, a, b in STEPS.findall(said("tidy = "))}
    assert list(rows) == ["clean", "normalise", "mask", "filter", "dedupe"]
    assert rows["filter"][1] < rows["filter"][0]
    assert rows["dedupe"][1] < rows["dedupe"][0]
    assert re.search(r"[1-9]\d* changed", said("tidy.diff("))
    assert [line.split()[0] for line in said("tidy.versions()").splitlines()[1:]] == ["2", "1"]
    parts = dict(re.findall(r"^(train|test)\b.* ([\d,]+)$", said("parts = "), re.MULTILINE))
    counts = {part: number(count) for part, count in parts.items()}
    assert sum(counts.values()) == rows["dedupe"][1]
    assert counts["train"] > 8 * counts["test"]
    assert ", 0 are almost the same" in said('parts["test"].leakage(')
    assert "completed, step 40/40" in said("job = ")
    assert "'dataset_version': 1" in said("{name: value")
    assert "tidy" in said("tidy.download(")
    for cell in cells:
        for output in cell.outputs:
            assert "\\u200c" not in plain(output), cell.source


STEPS = re.compile(r"^\s*(\w+): ([\d,]+) → ([\d,]+) rows", re.MULTILINE)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def plain(output: Any) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))
