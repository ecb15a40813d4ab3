"""Find, look, download in one press and see it here; then the Hub goes away and says so."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

REPO = "PartAI/TookaBERT-Base"
PICKLED = "HooshvareLab/bert-fa-zwnj-base"


def loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"catalogue_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


HERE = Path(__file__).parent
hub_server = loaded(HERE.parent / "hub" / "hub_server.py")
starting = loaded(HERE / "conftest.py")


class Listing(hub_server.Hub):  # type: ignore[misc, name-defined]
    """The small Hub, which can also be searched."""

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        parts = urlsplit(self.path)
        if parts.path != "/api/models":
            super().do_GET()
            return
        word = parse_qs(parts.query).get("search", [""])[0].lower()
        found = [
            {**self.info(repository, name, blobs=False), "tags": ["fa", "safetensors"]}
            for name, repository in self.hub.repositories.items()
            if word in name.lower()
        ]
        for one in found:
            del one["siblings"]
        self.json(found)


@pytest.fixture(scope="module")
def hub() -> Iterator[Any]:
    hub_server.Hub = Listing
    server = hub_server.HubServer()
    content = {
        "config.json": b'{"model_type": "bert", "architectures": ["BertForMaskedLM"]}',
        "model.safetensors": b"x" * 2_000_000,
        "pytorch_model.bin": b"x" * 9,
    }
    server.add(REPO, files=content, slow=0.05)
    server.add(PICKLED, files={"config.json": b"{}", "pytorch_model.bin": b"x"})
    server.add("someone/pickled-lm", files={"config.json": b"{}", "pytorch_model.bin": b"x"})
    yield server
    server.close()


@pytest.fixture(scope="module")
def demo(
    hub: Any, tmp_path_factory: pytest.TempPathFactory, free_port: Any, end_workers: Any
) -> Iterator[Any]:
    """A demo of its own, whose Hub is `hub`."""
    folder = tmp_path_factory.mktemp("catalogue")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.url)
        patch.setenv("HF_HUB_CACHE", str(folder / "cache"))
        running = starting.start_demo(folder / "work", folder / "root", free_port())
    yield running
    running.process.terminate()
    try:
        running.process.wait(10)
    except starting.subprocess.TimeoutExpired:
        running.process.kill()
        running.process.wait(30)
    end_workers(running.data_dir)


@pytest.fixture
def panel(browser: Any, demo: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(starting.PATIENCE)
    page = context.new_page()
    shown = starting.Panel(page, demo)
    page.on("pageerror", lambda error: shown.errors.append(error.stack or str(error)))
    yield shown
    context.close()
    assert shown.errors == []


def faults(page: Any) -> list[str]:
    page.evaluate((files("axe_core_python") / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("() => axe.run('.pai-root', {resultTypes: ['violations']})")
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]


def look(demo: Any, theme: str) -> None:
    with demo.api() as api:
        raw = json.dumps({"theme": f"JupyterLab {theme}"})
        api.put(
            f"{demo.url}/lab/api/settings/@jupyterlab/apputils-extension:themes", json={"raw": raw}
        )


def test_find_download_and_be_told_when_the_hub_is_away(panel: Any, hub: Any) -> None:
    page, wrong = panel.page, []
    panel.open("downloads")
    card = panel.main.locator(".pai-shelf-card")
    card.first.wait_for()
    assert card.count() > 50
    wrong += faults(page)

    # Typed on an Arabic keyboard.
    panel.main.get_by_role("searchbox").fill("برچسب‌هاي فارسي")
    page.wait_for_function("() => document.querySelectorAll('.pai-shelf-card').length === 1")
    card.get_by_role("heading").get_by_text("TookaBERT Base").wait_for()

    # What would come, before it is asked for.
    card.locator("h2 button").press("Enter")
    told = panel.main.locator(".pai-table")
    told.get_by_text("model.safetensors").wait_for()
    assert told.get_by_text("pytorch_model.bin").count() == 0
    panel.shoot("catalogue-entry")
    wrong += faults(page)

    # One press; the search is as it was left, and the card follows the download.
    panel.main.get_by_role("button", name="دانلود").last.click()
    panel.main.get_by_role("progressbar").wait_for()
    panel.main.locator(".pai-crumbs button").click()
    assert panel.main.get_by_role("searchbox").input_value() == "برچسب‌هاي فارسي"
    card.get_by_text("فایل‌هایش اینجاست").wait_for()
    panel.main.get_by_role("tab", name="دانلودها").click()
    panel.main.locator(".pai-download").get_by_text(REPO).wait_for()

    # What is never fetched is said where it was asked for, and no job begins.
    panel.main.get_by_role("tab", name="برگزیده‌ها").click()
    panel.main.get_by_role("searchbox").fill("")
    get = panel.main.get_by_role("button", name=re.compile("دانلود.*ParsBERT ZWNJ"))
    get.click()
    panel.main.get_by_role("alert").get_by_text("pytorch_model.bin").wait_for()
    wrong += faults(page)

    # The Hub itself: what only has pickles is not offered.
    look(panel.demo, "Dark")
    panel.open("downloads/hub")
    row = panel.main.locator(".pai-row", has_text="someone/pickled-lm")
    row.click()
    panel.main.locator(".pai-warned").first.wait_for()
    assert panel.main.get_by_role("button", name=re.compile("دانلود.*someone")).count() == 0
    wrong += faults(page)

    hub.close()
    panel.open("downloads/hub")
    panel.main.get_by_role("alert").get_by_text("هاب در دسترس نیست").first.wait_for()
    panel.shoot("catalogue-offline")
    wrong += faults(page)
    panel.main.get_by_role("tab", name="برگزیده‌ها").click()
    card.first.wait_for()
    assert card.count() > 50
    get.click()
    panel.main.get_by_role("alert").get_by_text(hub.url, exact=True).wait_for()
    with panel.demo.api() as api:
        assert [job["name"] for job in api.get("downloads").json()["items"]] == [REPO]
    assert wrong == []
