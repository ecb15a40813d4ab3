"""The FarsTail notebook runs, and its figures are those of its job.

On the real data where `FARSTAIL` names it or it lies beside the project; else on rows of the same
form. A few steps only: the figure that means something is measured by a command of its own.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("farstail_*.ipynb"))
WORDS = (
    *("حافظ", "شیراز", "کتاب", "دریا", "باران", "شاعر"),
    *("شهر", "زاده", "خانه", "می‌رود", "نامه", "باغ"),
)


def made_up(folder: Path) -> Path:
    """Files of the form of FarsTail: tabs, although named .csv; the test file has more columns."""
    folder.mkdir()
    for name, rows, more in (("Train", 120, ""), ("Test", 30, "\thard(hypothesis)\thard(overlap)")):
        lines = [f"premise\thypothesis\tlabel{more}"]
        for row in range(rows):
            text = " ".join(WORDS[(row * 5 + k) % len(WORDS)] for k in range(8))
            other = " ".join(WORDS[(row * 3 + k) % len(WORDS)] for k in range(4))
            lines.append(f"{text}\t{other}\t{'ecn'[row % 3]}" + ("\t0\t1" if more else ""))
        (folder / f"{name}-word.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def farstail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the three files."""
    for known in (os.environ.get("FARSTAIL", ""), ROOT.parent / "shared" / "data" / "farstail"):
        if known and (Path(known) / "Train-word.csv").exists():
            return Path(known)
    return made_up(tmp_path_factory.mktemp("data") / "farstail")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, farstail: Path, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARSTAIL", str(farstail))
    monkeypatch.setenv("FARSTAIL_STEPS", "6")
    monkeypatch.delenv("FARSTAIL_MODEL", raising=False)
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=400, kernel_name="python3", resources={"metadata": {"path": str(alone)}}
    ).execute()
    told = {
        cell.source: "\n".join(
            output.get("text") or output.get("data", {}).get("text/plain", "")
            for output in cell.outputs
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    (table,) = [text for source, text in told.items() if "mBERT (published)" in source]
    ours = float(table.strip().splitlines()[-1].split()[-1])
    assert "LlamaForSequenceClassification (here)" in table
    assert 10 < ours < 90
    (labels,) = [text for source, text in told.items() if "per_label" in source]
    assert {line.split()[0] for line in labels.splitlines()[2:]} == {"c", "e", "n"}
    (answer,) = [text for source, text in told.items() if "pipeline(" in source]
    assert "score" in answer
