"""The job page's metrics, labels, warnings and pause, and several trainings on one figure."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

#: Long enough to be paused.
LONG = {
    "max_steps": 100_000, "epochs": 1000, "batch_size": 2, "sequence_length": 32,
    "eval_every": 500, "checkpoint_every": 1000,
    "shape": {"vocab_size": 320, "hidden_size": 32, "layers": 1, "heads": 2},
}  # fmt: skip


def seeding() -> ModuleType:
    """The helper beside this file; tests are no package."""
    path = Path(__file__).with_name("seeding.py")
    spec = importlib.util.spec_from_file_location("seeding", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def runs(demo: Any) -> dict[str, str]:
    """Trainings that have ended: their ids by name."""
    seed = seeding()
    plateau = seed.notice("plateau", 300, "It no longer gets better.", "دیگر بهتر نمی\u200cشود.")
    first = {"learning_rate": 3e-4, "method": "full", "epochs": 3}
    second = {"learning_rate": 1e-3, "method": "lora", "epochs": 3}
    return {
        "پایه": seed.put(demo.data_dir, "پایه", notices=[plateau], options=first),
        "LoRA": seed.put(demo.data_dir, "LoRA", pace=0.005, seed=2, options=second),
        "پربرچسب": seed.put(
            demo.data_dir, "پربرچسب", seed=3, labels=[f"برچسب {n}" for n in range(120)]
        ),
    }


@pytest.fixture
def english(demo: Any) -> None:
    with demo.api() as api:
        assert api.patch("settings", json={"language": "en"}).status_code == 200


def drawn(panel: Any, source: str, count: int | None = None) -> list[float]:
    """The values of a source in the newest figure, as BokehJS holds them.

    Waits for any, or for `count` of them: what was drawn before may still stand there.
    """
    panel.page.wait_for_function(
        """([name, count]) => {
            const found = (window.Bokeh?.documents ?? []).at(-1)?.get_model_by_name(name);
            const points = found?.data.step.length ?? 0;
            return count === null ? points > 0 : points === count;
        }""",
        arg=[source, count],
    )
    values: list[float] = panel.page.evaluate(
        "name => [...window.Bokeh.documents.at(-1).get_model_by_name(name).data.value]", source
    )
    return values


def choose_view(panel: Any, view: str) -> None:
    panel.main.get_by_label("Which metric").select_option(view)


@pytest.mark.usefixtures("english")
def test_metrics_scale_smoothing_and_exports_of_a_job(panel: Any, runs: dict[str, str]) -> None:
    panel.open(f"job:{runs['پایه']}")
    loss, smooth = drawn(panel, "loss"), drawn(panel, "loss_smooth")
    assert len(loss) == 600
    slider = panel.main.get_by_label("Smoothing")
    slider.fill("0")
    panel.page.wait_for_function(
        """() => window.Bokeh.documents.at(-1)?.get_model_by_name('loss_smooth')
            ?.data.step.length === 0"""
    )
    slider.fill("99")
    assert drawn(panel, "loss_smooth") != smooth
    choose_view(panel, "quality")
    assert max(drawn(panel, "eval_accuracy")) <= 0.85
    assert len(drawn(panel, "eval_macro_f1")) == 12
    for view, source in (("perplexity", "eval_perplexity"), ("mfu", "mfu"), ("loss", "loss")):
        choose_view(panel, view)
        assert drawn(panel, source)
    panel.main.get_by_role("button", name="Log scale").click()
    panel.page.wait_for_function(
        """() => JSON.stringify(window.Bokeh.documents.at(-1)?.to_json() ?? '')
            .includes('LogScale')"""
    )
    drawn(panel, "loss")
    panel.shoot("watch-job-log")

    panel.main.get_by_role("button", name="Whole curve").click()
    export = panel.main.get_by_role("button", name="Export")
    export.click()
    with panel.page.expect_download() as saved:
        panel.main.get_by_role("button", name="Picture (PNG)").click()
    assert Path(saved.value.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert saved.value.suggested_filename == "پایه - loss.png"
    export.click()
    with panel.page.expect_download() as saved:
        panel.main.get_by_role("link", name="Every point (CSV)").click()
    frame = pd.read_csv(io.BytesIO(Path(saved.value.path()).read_bytes()))
    assert frame["step"].tolist() == list(range(1, 601))
    assert frame["eval_loss"].notna().sum() == 12
    export.click()
    with panel.page.expect_download() as saved:
        panel.main.get_by_role("link", name="For TensorBoard (ZIP)").click()
    assert saved.value.suggested_filename == "پایه.zip"


@pytest.mark.usefixtures("english")
def test_warnings_and_labels_of_a_classifier(panel: Any, runs: dict[str, str]) -> None:
    panel.open(f"job:{runs['پایه']}")
    assert "It no longer gets better." in panel.main.locator(".pai-notices").inner_text()
    panel.main.get_by_role("tab", name="Evaluation").click()
    matrix = panel.main.locator(".pai-matrix")
    assert matrix.locator("tbody tr").count() == 3
    assert matrix.locator("tbody td").first.get_attribute("title").startswith("\u2068مثبت")
    panel.shoot("watch-evaluation")

    panel.open(f"job:{runs['پربرچسب']}")
    panel.main.get_by_role("tab", name="Evaluation").click()
    assert matrix.locator("tbody tr").count() == 21
    assert "100" in matrix.locator("tbody th").last.inner_text()
    scores = panel.main.locator(".pai-evaluation .pai-table tbody tr")
    assert scores.count() == 20
    panel.main.get_by_role("button", name="Show all").click()
    assert scores.count() == 120


@pytest.mark.usefixtures("english")
def test_trainings_are_chosen_compared_and_there_after_a_reload(
    panel: Any, runs: dict[str, str]
) -> None:
    panel.open("training")
    panel.main.get_by_role("button", name="Compare").click()
    compare = panel.main.get_by_role("button", name="Compare")
    assert compare.is_disabled()
    for name in ("پایه", "LoRA"):
        panel.main.locator(".pai-choosing li", has_text=name).first.locator("input").check()
    compare.click()
    shown = panel.main.locator(".pai-runs li")
    shown.nth(1).wait_for()
    assert drawn(panel, "run0", 600) != drawn(panel, "run1", 600)
    # JupyterLab writes down what is open a moment after it changed.
    with panel.page.expect_response(
        lambda answer: "api/workspaces" in answer.url and answer.request.method == "PUT"
    ):
        choose_view(panel, "eval_accuracy")
    assert all(0 <= value <= 1 for value in drawn(panel, "run0", 12))
    texts = panel.main.inner_text()
    assert "lora" in texts
    assert "Learning rate" in texts
    panel.shoot("watch-compare")

    panel.reload()
    shown.nth(1).wait_for()
    drawn(panel, "run1", 12)
    shown.first.get_by_role("checkbox").uncheck()
    panel.page.wait_for_function(
        """() => window.Bokeh.documents.at(-1)?.get_model_by_name('run0')
            ?.data.step.length === 0"""
    )
    shown.first.get_by_role("button", name="Take").click()
    panel.main.get_by_text("A comparison needs two trainings").wait_for()


def test_pause_and_resume_from_the_page(panel: Any, wait_for: Any) -> None:
    with panel.demo.api() as api:
        assert api.patch("settings", json={"language": "fa"}).status_code == 200
        datasets = api.get("datasets").json()["items"]
        text = next(one["id"] for one in datasets if one["shape"] == "text")
        ask = {"recipe": "pretrain", "dataset_id": text, "name": "مکث", "options": LONG}
        answer = api.post("training/jobs", json=ask)
        assert answer.status_code == 201, answer.text
        job = answer.json()["id"]
        panel.open(f"job:{job}")
        panel.wait_for_steps(5)
        panel.main.get_by_role("button", name="مکث", exact=True).click()
        panel.main.locator(".pai-chip", has_text="مکث\u200cشده").wait_for()
        seen = api.get(f"training/jobs/{job}").json()
        assert (seen["state"], seen["reason"]) == ("stopped", "paused")
        panel.shoot("watch-paused")
        paused_at = len(panel.steps())
        panel.main.get_by_role("button", name="ادامه", exact=True).click()
        panel.wait_for_steps(paused_at)
        api.post(f"training/jobs/{job}/stop")
        wait_for(lambda: api.get(f"training/jobs/{job}").json()["state"] == "stopped")
