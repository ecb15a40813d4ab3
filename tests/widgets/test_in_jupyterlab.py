"""Widgets in a real JupyterLab: live while the kernel is busy, complete after a reload.

Both ways to the service: the page's own, and the kernel's. For the kernel's way the page may
send nothing to a busy kernel, as in editors without subshells: everything comes by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Long enough to be watched; it ends with its service.
START = """
import jupyter_persian_ai as pai
verses = ["الا یا ایها الساقی ادر کاسا و ناولها", "که عشق آسان نمود اول ولی افتاد مشکل‌ها"] * 60
job = pai.train(
    verses, name="آزمون", epochs=1000, max_steps=100_000, batch_size=8, sequence_length=64,
    eval_every=10, checkpoint_every=1000, vocab_size=320, hidden_size=32, layers=1, heads=2,
)
view = pai.TrainingWidget(job, transport={transport!r})
view
"""
WAIT = "job.wait()"
BUSY = "import time; time.sleep(600)"
ANSWERED = """
import time
while len(chat.messages) < 2 or chat.messages[-1].state == "streaming":
    time.sleep(0.2)
print([f"{message.role.value}: {message.state}" for message in chat.messages])
"""
ARTIFACTS = Path(__file__).parents[1] / "artifacts" / "widgets"


def steps(notebook: Any) -> list[int]:
    """Steps of the loss in the newest figure, asked from BokehJS itself."""
    figures = notebook.drawn()
    return figures[-1]["loss"] if figures else []


def grows(notebook: Any, wait_for: Callable[..., Any], by: int = 5) -> list[int]:
    """Steps of a curve that was seen to grow; complete and each step once."""
    first = wait_for(lambda: steps(notebook), what="a curve")
    later = wait_for(
        lambda: (found := steps(notebook))[-1:] >= [first[-1] + by] and found,
        what="a growing curve",
    )
    assert later == list(range(1, later[-1] + 1))
    return later


def keep_picture(notebook: Any, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    notebook.page.screenshot(path=str(ARTIFACTS / f"{name}.png"))


@pytest.mark.parametrize(
    ("transport", "settings"),
    [("auto", {}), ("kernel", {"commsOverSubshells": "disabled"})],
    ids=["direct", "kernel"],
)
def test_the_curve_grows_while_the_kernel_sleeps_and_after_a_reload(
    open_notebook: Callable[..., Any],
    wait_for: Callable[..., Any],
    transport: str,
    settings: dict[str, Any],
) -> None:
    notebook = open_notebook([START.format(transport=transport), BUSY], settings)
    notebook.run(0)
    wait_for(lambda: notebook.shows(0), what="the widget")
    notebook.run(1)
    wait_for(lambda: notebook.busy(1), what="the busy kernel")
    grows(notebook, wait_for)
    assert notebook.busy(1)
    assert notebook.page.locator(".pai-notebook canvas, .pai-notebook .pai-plot > *").count()
    keep_picture(notebook, f"training-{transport}")

    notebook.interrupt()
    wait_for(notebook.idle, what="the kernel")
    notebook.reload()
    notebook.page.locator(".pai-notebook").first.wait_for()
    grows(notebook, wait_for)
    assert notebook.errors == []


def test_a_cell_that_waits_shows_the_job_and_the_page_stops_it(
    open_notebook: Callable[..., Any], wait_for: Callable[..., Any]
) -> None:
    notebook = open_notebook([START.format(transport="auto").replace("\nview\n", "\n"), WAIT])
    notebook.run(0)
    notebook.run(1)
    wait_for(lambda: notebook.page.locator(".pai-notebook").count(), what="the live view")
    grows(notebook, wait_for)
    assert notebook.busy(1)
    notebook.page.locator(".pai-notebook .pai-danger").click()
    wait_for(lambda: not notebook.busy(1), what="the end of the wait")
    wait_for(lambda: "stopped" in notebook.shows(1), what="the answer of the wait")
    assert notebook.errors == []


def test_chat_and_monitor_over_the_kernel(
    open_notebook: Callable[..., Any], wait_for: Callable[..., Any]
) -> None:
    train = START.format(transport="kernel").replace("\nview\n", "\n")
    train = train.replace("max_steps=100_000", "max_steps=10").replace("view = ", "view = lambda: ")
    train += (
        "\nconversation = lambda: ((one := pai.chat(job, max_new_tokens=12)).client, one.detail)"
    )
    cells = [
        f"{train}\njob.wait()\npai.Monitor(transport='kernel')",
        "chat = pai.ChatWidget(*conversation(), transport='kernel')\nchat",
        ANSWERED,
    ]
    notebook = open_notebook(cells)
    notebook.run(0)
    monitor = notebook.page.locator(".pai-notebook-monitor")
    monitor.wait_for()
    wait_for(lambda: monitor.get_by_role("progressbar").count() >= 3, what="the machine")
    notebook.run(1)
    chat = notebook.page.locator(".pai-notebook-chat")
    box = chat.get_by_role("textbox").first
    box.wait_for()
    box.fill("الا یا ایها الساقی")
    box.press("Enter")
    notebook.run(2)
    done = "['user: done', 'assistant: done']"
    wait_for(lambda: notebook.shows(2).strip() == done, what="the question and its answer")
    assert "الا یا ایها الساقی" in chat.inner_text()
    wait_for(lambda: not chat.get_by_text("توقف").count(), what="the end of the answer")
    keep_picture(notebook, "chat-monitor")
    assert notebook.errors == []


def test_two_trainings_on_one_figure_while_the_kernel_sleeps(
    open_notebook: Callable[..., Any], wait_for: Callable[..., Any]
) -> None:
    short = START.format(transport="auto").replace("max_steps=100_000", "max_steps=8")
    first = short.replace("view = ", "view = lambda: ").replace("\nview\n", "\n")
    cells = [
        f"{first}\none = job.wait()",
        "other = pai.train(verses, name='دیگری', **ASKED)\nother.wait();",
        "pai.compare(one, other.id, transport='kernel')",
        BUSY,
    ]
    asked = (
        "ASKED = dict(epochs=1000, max_steps=8, batch_size=4, sequence_length=64, vocab_size=320,"
        " hidden_size=32, layers=1, heads=2)\n"
    )
    notebook = open_notebook([asked + cells[0], *cells[1:]], {"commsOverSubshells": "disabled"})
    for number in range(4):  # one after another
        notebook.run(number)
    runs = notebook.page.locator(".pai-notebook .pai-runs li")
    wait_for(lambda: runs.count() == 2, what="both trainings")
    drawn = """() => (window.Bokeh?.documents ?? []).at(-1)
        ?.get_model_by_name('run1')?.data.step.length ?? 0"""
    wait_for(lambda: notebook.page.evaluate(drawn) == 8, what="both curves")
    assert "دیگری" in runs.nth(1).inner_text()
    keep_picture(notebook, "comparison-kernel")
    assert notebook.errors == []


LOAD = """
import jupyter_persian_ai as pai
texts = [f"سطر {number}: می‌روم تا <b>دریا</b> و باز می‌گردم" for number in range(300)]
data = pai.datasets.load([*texts, texts[0]], name="داده")
"""


@pytest.mark.parametrize("transport", ["auto", "kernel"])
def test_a_dataset_is_loaded_looked_at_and_searched(
    open_notebook: Callable[..., Any], wait_for: Callable[..., Any], transport: str
) -> None:
    cells = [
        LOAD,
        f"pai.DatasetWidget(data, transport={transport!r})",
        "data.preview(3)",
        "data.stats()",
        "pai.trace('كتابي كه مي خواهم')",
        BUSY,
    ]
    notebook = open_notebook(cells, {"commsOverSubshells": "disabled"})
    for number in range(6):
        notebook.run(number)
    cell = notebook.page.locator(".jp-Notebook .jp-Cell").nth
    wait_for(lambda: "پایان یافت" in notebook.shows(0), what="the end of the import")
    assert cell(0).locator("progress").count() == 1, "one bar, drawn over itself"
    view = notebook.page.locator(".pai-notebook-dataset")
    wait_for(lambda: view.count() and "می‌روم تا <b>دریا</b>" in view.inner_text(), what="rows")
    assert "داده" in view.inner_text()
    rows = cell(2).locator("table")
    wait_for(lambda: notebook.busy(5), what="the cells before the busy one")
    # A cell is said to have run before all that it printed is drawn.
    wait_for(lambda: "⟨ZWNJ⟩" in notebook.shows(4), what="the trace")
    assert rows.get_attribute("dir") == "rtl"
    assert rows.locator("b").count() == 0
    assert rows.locator("tbody tr").count() == 3
    assert "می‌روم تا <b>دریا</b>" in rows.inner_text()
    assert "۳۰۱" in notebook.shows(3)
    for number in range(5):
        assert "u200c" not in notebook.shows(number)
    keep_picture(notebook, f"dataset-{transport}")
    assert notebook.errors == []
