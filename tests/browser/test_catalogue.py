"""Find, look, download in one press and see it here; then the Hub goes away and says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

REPO = "PartAI/TookaBERT-Base"
PICKLED = "HooshvareLab/bert-fa-zwnj-base"


@pytest.fixture(scope="module")
def hub(searchable_hub: Any) -> Iterator[Any]:
    server = searchable_hub()
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
    hub: Any,
    tmp_path_factory: pytest.TempPathFactory,
    free_port: Any,
    start_demo: Any,
    end_demo: Any,
) -> Iterator[Any]:
    """A demo of its own, whose Hub is `hub`."""
    folder = tmp_path_factory.mktemp("catalogue")
    surroundings = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(folder / "cache")}
    running = start_demo(folder / "work", folder / "root", free_port(), surroundings)
    yield running
    end_demo(running)


def test_find_download_and_be_told_when_the_hub_is_away(panel: Any, hub: Any) -> None:
    page, wrong = panel.page, []
    panel.open("downloads")
    card = panel.main.locator(".pai-shelf-card")
    card.first.wait_for()
    assert card.count() > 50
    wrong += panel.faults("the catalogue")

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
    wrong += panel.faults("an entry")

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
    wrong += panel.faults("a refusal")

    # The Hub itself: what only has pickles is not offered.
    panel.demo.look("dark")
    panel.open("downloads/hub")
    row = panel.main.locator(".pai-row", has_text="someone/pickled-lm")
    row.click()
    panel.main.locator(".pai-warned").first.wait_for()
    assert panel.main.get_by_role("button", name=re.compile("دانلود.*someone")).count() == 0
    wrong += panel.faults("the Hub, dark")

    hub.close()
    panel.open("downloads/hub")
    panel.main.get_by_role("alert").get_by_text("هاب در دسترس نیست").first.wait_for()
    panel.shoot("catalogue-offline")
    wrong += panel.faults("the Hub is away")
    panel.main.get_by_role("tab", name="برگزیده‌ها").click()
    card.first.wait_for()
    assert card.count() > 50
    get.click()
    panel.main.get_by_role("alert").get_by_text(hub.url, exact=True).wait_for()
    with panel.demo.api() as api:
        assert [job["name"] for job in api.get("downloads").json()["items"]] == [REPO]
    assert wrong == []
