"""A download in a real JupyterLab: its bar moves, and its buttons reach the service."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def of_the_hub(name: str) -> Any:
    """A module of the Hub's tests."""
    place = Path(__file__).parents[1] / "hub" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"hub_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


START = """
import jupyter_persian_ai as pai
download = pai.download("owner/poems", type="dataset")
from jupyter_persian_ai.widgets.download import DownloadWidget
DownloadWidget(download, transport="kernel")
"""
WAIT = "download.wait()"
MODEL = "pai.download('owner/tiny').wait().model.note('از هاب').tag('کوچک')"
ARTIFACTS = Path(__file__).parents[1] / "artifacts" / "widgets"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_llama: Any) -> Iterator[Any]:
    """A Hub behind a slow line."""
    hub_server = of_the_hub("hub_server")
    server = hub_server.HubServer(hub_server.Line(200_000, 0.0, 0.0))
    server.add("owner/tiny", files=tiny_llama.files())
    content = b'{"text": "\xd8\xb4\xd8\xb9\xd8\xb1"}\n' * 600_000
    server.add("owner/poems", kind="datasets", files={"rows.jsonl": content})
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield server
    server.close()


def test_paused_and_gone_on_with_from_the_page(
    hub: Any, open_notebook: Callable[..., Any], wait_for: Callable[..., Any]
) -> None:
    notebook = open_notebook([START, WAIT, MODEL])
    notebook.run(0)
    view = notebook.page.locator(".pai-notebook-download")
    bar = view.get_by_role("progressbar")
    wait_for(lambda: bar.count() and hub.sent_bytes("rows.jsonl"), what="the bar")
    view.get_by_role("button", name="مکث").click()
    again = view.get_by_role("button", name="ادامه")
    again.wait_for()
    sent = hub.sent_bytes("rows.jsonl")
    assert 0 < sent < hub.repositories["owner/poems"].size("rows.jsonl")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    notebook.page.screenshot(path=str(ARTIFACTS / "download-paused.png"))
    again.click()
    bar.wait_for()
    notebook.run(1)
    wait_for(lambda: "پایان یافت" in notebook.shows(1), what="the end")
    wait_for(lambda: not bar.count(), what="the end, in the view too")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").nth(1).locator("progress").count() == 1
    wait_for(lambda: "completed" in notebook.shows(1), what="what wait returns, in words")
    notebook.run(2)
    card = notebook.page.locator(".pai-notebook-model")
    wait_for(lambda: card.count() and "owner/tiny" in card.inner_text(), what="the model's card")
    assert "کوچک" in card.inner_text()
    notebook.page.screenshot(path=str(ARTIFACTS / "download-ended.png"))
    assert notebook.errors == []
