"""The whole journey of a newcomer, in Persian and in English, as they would press it.

Open, start, watch the curve grow, reload in the middle, stop, resume, finish, chat.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

#: What a user reads on the buttons and fields, by language.
WORDS = {
    "fa": {
        "dir": "rtl",
        "new": "آموزش تازه",
        "start": "آغاز آموزش",
        "stop": "توقف",
        "resume": "ادامه",
        "chat": "گفت‌وگو با این مدل",
        "send": "فرستادن",
        "running": "در حال آموزش",
        "stopped": "متوقف",
        "completed": "پایان یافته",
        "fields": {"سقف گام": "300", "اندازهٔ دسته": "8", "طول دنباله": "128", "دور": "40"},
    },
    "en": {
        "dir": "ltr",
        "new": "New training",
        "start": "Start training",
        "stop": "Stop",
        "resume": "Resume",
        "chat": "Chat with this model",
        "send": "Send",
        "running": "Training",
        "stopped": "Stopped",
        "completed": "Completed",
        "fields": {
            "Steps at most": "300",
            "Batch size": "8",
            "Sequence length": "128",
            "Epochs": "40",
        },
    },
}
#: Persian letters, half-space included.
PERSIAN = re.compile(r"[\u0600-\u06ff]")


def fill(panel: Any, label: str, value: str) -> None:
    panel.main.get_by_label(label, exact=True).first.fill(value)


def wait_for_state(panel: Any, state: str) -> None:
    """Until the service says so; the page is then looked at."""
    with panel.demo.api() as api:
        for _ in range(1800):
            jobs = api.get("training/jobs").json()["items"]
            if jobs[0]["state"] == state:
                return
            panel.page.wait_for_timeout(200)
    raise AssertionError(f"the job is {jobs[0]['state']}: {jobs[0]['error']}")


@pytest.mark.parametrize("language", ["fa", "en"])
def test_train_watch_reload_stop_resume_and_chat(panel: Any, language: str) -> None:
    words: dict[str, Any] = WORDS[language]
    with panel.demo.api() as api:
        assert api.patch("settings", json={"language": language}).status_code == 200
        datasets = api.get("datasets").json()["items"]
        ghazals = next(one for one in datasets if one["shape"] == "text")
    panel.open()
    assert panel.main.get_attribute("dir") == words["dir"]
    panel.shoot(f"home-{language}")

    # A small run of a few hundred steps, through the form.
    panel.main.get_by_role("button", name=re.compile(words["new"])).or_(
        panel.main.get_by_role("button", name=re.compile("تنظیمات دیگر|Choose data|other"))
    ).first.click()
    panel.main.get_by_role("button", name=words["start"]).wait_for()
    panel.main.get_by_label(re.compile("On which data|روی کدام داده")).select_option(ghazals["id"])
    for label, value in (words["fields"] | MODEL[language]).items():
        fill(panel, label, value)
    panel.shoot(f"form-{language}")
    panel.main.get_by_role("button", name=words["start"]).click()

    # Watch it grow.
    panel.main.get_by_role("heading", level=1).wait_for()
    panel.wait_for_steps(10)
    grown = len(panel.steps())
    panel.wait_for_steps(grown)
    panel.shoot(f"running-{language}")

    # Close the tab and come back: still running, and the curve is complete.
    panel.reload()
    panel.wait_for_steps(grown)
    steps = panel.steps()
    assert steps == list(range(1, len(steps) + 1))

    # Stop, and resume from the very step.
    panel.main.get_by_role("button", name=words["stop"]).click()
    panel.page.get_by_role("dialog").get_by_role("button", name=words["stop"]).click()
    panel.main.get_by_role("button", name=words["resume"], exact=True).wait_for()
    stopped_at = len(panel.steps())
    panel.shoot(f"stopped-{language}")
    panel.main.get_by_role("button", name=words["resume"], exact=True).click()
    panel.wait_for_steps(stopped_at)

    # Finish.
    wait_for_state(panel, "completed")
    chat = panel.main.get_by_role("button", name=words["chat"])
    chat.wait_for()
    panel.page.wait_for_timeout(1000)
    steps = panel.steps()
    assert steps == list(range(1, len(steps) + 1))
    panel.shoot(f"completed-{language}")

    # Chat with it, in Persian: the answer is right to left whatever the interface is.
    chat.click()
    box = panel.main.get_by_role("textbox").last
    box.wait_for()
    box.fill("دوش در حلقهٔ ما قصهٔ گیسوی تو بود")
    panel.main.get_by_role("button", name=words["send"]).click()
    answer = panel.main.locator("article.pai-model[data-state='done']").last
    answer.wait_for()
    assert PERSIAN.search(answer.inner_text())
    asked = panel.main.locator("article.pai-user .pai-body").last
    assert asked.get_attribute("dir") == "rtl"
    panel.shoot(f"chat-{language}")


#: A model small enough to learn in a minute, and large enough to be caught learning.
MODEL = {
    "fa": {"اندازهٔ واژگان": "600", "اندازهٔ نهان": "192", "لایه": "3"},
    "en": {"Vocabulary": "600", "Hidden size": "192", "Layers": "3"},
}
