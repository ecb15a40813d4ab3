"""Every page in both languages and in both themes: reachable, accessible, and in Notebook 7 too.

axe finds nothing wrong inside our own root; what JupyterLab around it does is its own business.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

PAGES = ("home", "training", "training/new", "job", "chat", "models", "datasets", "downloads",
         "monitor", "notifications", "settings", "datasets/new", "dataset/rows", "dataset/know",
         "dataset/findings", "dataset/change", "dataset/versions", "dataset/about")  # fmt: skip
#: A training of a few seconds.
OPTIONS = {
    "max_steps": 12, "batch_size": 2, "sequence_length": 32, "eval_every": 6,
    "shape": {"vocab_size": 320, "hidden_size": 32, "layers": 1, "heads": 2},
}  # fmt: skip
#: Each language and each theme once; `EVERY_LOOK=1` asks for all four pairs.
LOOKS = [("fa", "light"), ("en", "dark")]
if os.environ.get("EVERY_LOOK"):
    LOOKS += [("fa", "dark"), ("en", "light")]


@pytest.fixture(scope="module")
def job_id(demo: Any, wait_for: Any) -> str:
    """A training that has ended, so that the pages have something to show."""
    with demo.api() as api:
        datasets = api.get("datasets").json()["items"]
        text = next(one["id"] for one in datasets if one["shape"] == "text")
        ask = {"recipe": "pretrain", "dataset_id": text, "options": OPTIONS}
        job = api.post("training/jobs", json=ask).json()["id"]
        wait_for(lambda: api.get(f"training/jobs/{job}").json()["state"] == "completed")
    return str(job)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_every_page_is_there_and_axe_finds_nothing(
    panel: Any, job_id: str, language: str, theme: str
) -> None:
    panel.demo.look(theme, language)
    with panel.demo.api() as api:
        dataset_id = api.get("datasets").json()["items"][0]["id"]
    wrong: list[str] = []
    panel.open("home")
    for name in PAGES:
        route = name.replace("dataset/", f"dataset:{dataset_id}/")
        route = f"job:{job_id}" if name == "job" else route
        panel.open(route)
        panel.page.wait_for_function("() => !document.querySelector('.pai-skeleton')")
        assert panel.main.get_attribute("dir") == ("rtl" if language == "fa" else "ltr")
        panel.shoot(f"page-{name.replace('/', '-')}-{language}-{theme}")
        wrong += panel.faults(name)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_panel_works_in_notebook_7(panel: Any, job_id: str, language: str) -> None:
    panel.demo.look("light", language)
    panel.page.goto(f"{panel.demo.url}/tree?persian-ai=home&token={panel.demo.token}")
    root = panel.page.locator(".pai-root").first
    root.locator("h1").wait_for()
    assert root.get_attribute("dir") == ("rtl" if language == "fa" else "ltr")
    panel.shoot(f"notebook7-{language}")
    panel.page.goto(f"{panel.demo.url}/tree?persian-ai=job:{job_id}&token={panel.demo.token}")
    panel.wait_for_steps(3)
    panel.shoot(f"notebook7-job-{language}")
