"""The notebooks we ship run as they are, against a service that they start themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
QUICKSTARTS = [path for path in NOTEBOOKS if path.stem.startswith("quickstart")]
WIDGET = "application/vnd.jupyter.widget-view+json"


def outputs(notebook: Any, code: str) -> list[Any]:
    """Outputs of the one cell that holds `code`."""
    (cell,) = [one for one in notebook.cells if one.cell_type == "code" and code in one.source]
    return list(cell.outputs)


def text(found: list[Any]) -> str:
    return "\n".join(
        output.get("text") or output.get("data", {}).get("text/plain", "") for output in found
    )


def test_there_is_one_in_each_language() -> None:
    names = {path.stem.rpartition("_")[0] for path in NOTEBOOKS}
    assert names == {"datasets", "farstail", "models", "quickstart"}
    assert {path.name for path in NOTEBOOKS} == {
        f"{name}_{lang}.ipynb" for name in names for lang in ("en", "fa")
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        elif path.stem.endswith("_fa"):
            assert cell.source.startswith('<div dir="rtl" lang="fa">')


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", QUICKSTARTS, ids=lambda path: path.stem)
def test_it_runs(path: Path, alone: Path) -> None:
    pytest.importorskip("hafez")
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(alone)}}
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=resources
    ).execute()

    assert "persian-ai at http://127.0.0.1" in text(outputs(notebook, "pai.connect()"))
    assert any(WIDGET in output.get("data", {}) for output in outputs(notebook, "pai.train("))
    assert "completed, step 60/60" in text(outputs(notebook, "job.wait()"))
    table = text(outputs(notebook, "job.metrics()"))
    assert "eval_loss" in table
    assert "60" in table
    assert text(outputs(notebook, "job.samples()")).count("\n") >= 3
    assert text(outputs(notebook, "chat.ask(")).strip()
    views = [output for output in notebook.cells[-2].outputs if WIDGET in output.get("data", {})]
    assert views, "the chat window"
