"""The pages of a model in a real browser: versions, tags, lineage by keyboard, the dialogs.

What downloads, compares, trains and deletes is `test_hub_journey`'s.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

#: A training of a few seconds.
OPTIONS = {
    "max_steps": 4, "batch_size": 2, "sequence_length": 32, "eval_every": 2,
    "shape": {"vocab_size": 300, "hidden_size": 32, "layers": 1, "heads": 2},
}  # fmt: skip
NAME = "غزل کوچک"
TAG = "شعر کهن"
LOOKS = [("fa", "light"), ("en", "dark")]


@pytest.fixture(scope="module")
def model_id(demo: Any, wait_for: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A trained model with a second version, which is not in use."""
    with demo.api() as api:
        datasets = api.get("datasets").json()["items"]
        text = next(one["id"] for one in datasets if one["shape"] == "text")
        ask = {"recipe": "pretrain", "dataset_id": text, "name": NAME, "options": OPTIONS}
        job = api.post("training/jobs", json=ask).json()["id"]
        wait_for(lambda: api.get(f"training/jobs/{job}").json()["state"] == "completed")
        trained = next(m for m in api.get("models").json()["items"] if m["job_id"] == job)
        copy = tmp_path_factory.mktemp("models") / "second"
        shutil.copytree(Path(trained["path"]), copy)
        second = api.post("models", json={"path": str(copy), "name": "دومی"})
        assert second.status_code == 201, second.text
        added = {"model_id": second.json()["id"], "note": "رونوشت همان"}
        answer = api.post(f"models/{trained['id']}/versions", json=added)
        assert answer.status_code == 201, answer.text
    return str(trained["id"])


def model_of(panel: Any, model_id: str) -> dict[str, Any]:
    with panel.demo.api() as api:
        found: dict[str, Any] = api.get(f"models/{model_id}").json()
    return found


def test_a_version_is_taken_into_use_and_back(panel: Any, model_id: str) -> None:
    panel.demo.look("light")
    panel.open(f"model:{model_id}/versions")
    panel.main.get_by_text("رونوشت همان").wait_for()
    panel.main.get_by_role("button", name="به کار گرفتن نسخهٔ").click()
    panel.main.get_by_text(re.compile("۲.* از .*۲")).first.wait_for()
    assert model_of(panel, model_id)["version"] == 2
    panel.main.get_by_role("button", name="بازگشت به نسخهٔ پیشین").click()
    panel.main.get_by_text(re.compile("۱.* از .*۲")).first.wait_for()
    assert model_of(panel, model_id)["version"] == 1


def test_a_tag_finds_its_model_again(panel: Any, model_id: str, wait_for: Any) -> None:
    panel.demo.look("light")
    panel.open(f"model:{model_id}")
    box = panel.main.get_by_label("برچسب تازه")
    box.fill(f"{TAG}، آزمایش")
    box.press("Enter")
    panel.main.get_by_role("button", name=f"برداشتن برچسب «\u2068{TAG}\u2069»").wait_for()
    assert model_of(panel, model_id)["tags"] == [TAG, "آزمایش"]
    panel.open("models")
    panel.main.get_by_label("برچسب", exact=True).select_option(TAG)
    # Of this page alone: other tabs have lists of their own.
    rows = panel.main.locator(".pai-list [data-row]")
    wait_for(lambda: rows.count() == 1, what="the one model with this tag")
    assert NAME in rows.inner_text()


def test_a_lineage_is_walked_by_keyboard(panel: Any, model_id: str) -> None:
    panel.demo.look("light")
    panel.open(f"model:{model_id}/lineage")
    boxes = panel.main.locator(".pai-lineage-node")
    boxes.first.wait_for()
    assert panel.main.locator(".pai-lineage-node[tabindex='0']").count() == 1
    panel.main.locator(".pai-lineage-node[aria-current]").focus()
    # What is older stands where reading begins: on the right.
    panel.page.keyboard.press("ArrowRight")
    assert panel.page.evaluate("document.activeElement.dataset.kind") == "job"
    panel.page.keyboard.press("ArrowRight")
    assert panel.page.evaluate("document.activeElement.dataset.kind") == "dataset"
    panel.page.keyboard.press("ArrowLeft")
    panel.page.keyboard.press("Enter")
    panel.main.get_by_role("heading", level=1, name=NAME).wait_for()
    panel.main.get_by_role("button", name="گفت‌وگو با این مدل").wait_for()


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_axe_finds_nothing(panel: Any, model_id: str, language: str, theme: str) -> None:
    panel.demo.look(theme, language)
    wrong: list[str] = []
    for tab in ("about", "versions", "lineage", "tokenizer"):
        panel.open(f"model:{model_id}/{tab}")
        panel.main.get_by_role("tablist").wait_for()
        panel.wait_for_content()
        panel.shoot(f"model-{tab}-{language}-{theme}")
        wrong += panel.faults(tab)
    more, count = ("بیشتر", 4) if language == "fa" else ("More", 4)
    for at in range(count):
        panel.main.get_by_role("button", name=more, exact=True).click()
        # After those that name, train, add and compare: merge, export, push; and delete.
        item = panel.main.locator(".pai-menu [data-item]")
        (item.last if at == count - 1 else item.nth(4 + at)).click()
        panel.main.locator("dialog[open]").wait_for()
        panel.wait_for_content()
        wrong += panel.faults(f"dialog {at}")
        panel.page.keyboard.press("Escape")
        panel.main.locator("dialog[open]").wait_for(state="detached")
    for place in ("found", "jobs", "import"):
        panel.open(f"models/{place}")
        panel.wait_for_content()
        panel.shoot(f"models-{place}-{language}-{theme}")
        wrong += panel.faults(place)
    assert wrong == []
