"""The models notebook runs as it is: a download, versions, a comparison, a bundle, an export."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

BOOKS = Path(__file__).parents[2] / "notebooks"


def of_the_hub(name: str) -> Any:
    """A module of the Hub's tests."""
    place = Path(__file__).parents[1] / "hub" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"hub_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Any) -> Iterator[Any]:
    """A small Hub that has a model under the name that the notebook asks for."""
    files = tiny_llama.files() | {"pytorch_model.bin": b"never fetched"}
    server = of_the_hub("hub_server").HubServer()
    server.add("intfloat/multilingual-e5-small", files=files)
    patch = pytest.MonkeyPatch()
    patch.setenv("HF_ENDPOINT", server.url)
    patch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("HF_HUB_OFFLINE", raising=False)
    yield server
    patch.undo()
    server.close()


def code(path: Path) -> list[Any]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def plain(output: Any) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


def test_both_languages_do_the_same() -> None:
    def shape(source: str) -> str:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
        return ast.dump(tree)

    fa, en = (code(BOOKS / f"models_{lang}.ipynb") for lang in ("fa", "en"))
    assert [shape(cell.source) for cell in fa] == [shape(cell.source) for cell in en]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_runs(hub: Any, alone: Path) -> None:
    pytest.importorskip("hafez")
    notebook = nbformat.read(BOOKS / "models_fa.ipynb", as_version=4)
    resources = {"metadata": {"path": str(alone)}}
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=resources
    ).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    def said(begin: str) -> str:
        (cell,) = [one for one in cells if one.source.startswith(begin)]
        return "\n".join(plain(output) for output in cell.outputs)

    def shown(begin: str) -> set[str]:
        (cell,) = [one for one in cells if one.source.startswith(begin)]
        return {kind for output in cell.outputs for kind in output.get("data", {})}

    assert "multilingual-e5-small" in said("pai.catalogue(")
    assert "pytorch_model.bin" in said("REPOSITORY")
    assert not hub.gets("pytorch_model.bin")
    assert "application/vnd.jupyter.widget-view+json" in shown("download = ")
    assert "version 1 of 1" in said("download.wait()")
    assert "application/vnd.jupyter.widget-view+json" in shown("download = ")
    assert "غزل" in said("model.tag(")
    assert "model “غزل”" in said("pai.bundles.look(")
    assert "غزل، پیش از آن" in said("before = ")
    assert [line.split()[:2] for line in said("model.promote(2)").splitlines()[1:]] == [
        ["2", "✓"],
        ["1", "trained"],
    ]
    assert "→ model “غزل”" in said("model.lineage()")
    assert "parameters" in said("compared = ")
    assert "غزل، پیش از آن: " in said("answers = ")
    assert "غزل: " in said("answers = ")
    assert "tokens a word" in said("model.tokenizer()")
    assert (alone / "ghazal.gguf").read_bytes()[:4] == b"GGUF"
    assert "deleting frees" in said("before.users()")
    assert "غزل، پیش از آن" not in said("before.delete()")
    for cell in cells:
        for output in cell.outputs:
            assert "\\u200c" not in plain(output), cell.source
