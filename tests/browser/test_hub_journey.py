"""The way of a model, as a user goes it: set the way to the Hub, find it, download it with a pause
and a killed server, see it installed, compare it, train on it, talk to it, carry it, delete it.

The Hub is the small one of `tests/hub`, over a real small model that is made here.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

REPO = "someone/parsi-lm"
TOKEN = "hf_canaryCanaryCanaryCanary4711"
VERSE = "الا یا ایها الساقی ادر کاسا و ناولها"


@pytest.fixture(scope="module")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A Llama of a size, with a tokenizer that was trained on verse."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    def make(name: str, hidden: int) -> Path:
        core = Tokenizer(models.BPE())
        core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        core.decoder = decoders.ByteLevel()
        core.train_from_iterator(
            [VERSE, "که عشق آسان نمود اول ولی افتاد مشکل‌ها"] * 4,
            trainers.BpeTrainer(
                vocab_size=400,
                special_tokens=["<s>", "</s>"],
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            ),
        )
        tokenizer = transformers.PreTrainedTokenizerFast(
            tokenizer_object=core, bos_token="<s>", eos_token="</s>", pad_token="</s>"
        )
        config = transformers.LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=hidden, intermediate_size=2 * hidden,
            num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=256, tie_word_embeddings=True,
            bos_token_id=0, eos_token_id=1, pad_token_id=1,
        )  # fmt: skip
        torch.manual_seed(1)
        folder = tmp_path_factory.mktemp("made") / name
        transformers.LlamaForCausalLM(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="module")
def hub(make_model: Any, searchable_hub: Any) -> Iterator[Any]:
    server = searchable_hub()
    server.users[TOKEN] = "sara"
    content = {path.name: path.read_bytes() for path in make_model("parsi-lm", 384).iterdir()}
    server.add(REPO, files={**content, "pytorch_model.bin": b"x" * 9, "notes.txt": b"x" * 99})
    yield server
    server.close()


@pytest.fixture(scope="module")
def start(
    hub: Any, tmp_path_factory: pytest.TempPathFactory, free_port: Any, start_demo: Any
) -> Any:
    """Starts the same demo again and again: same data, same port."""
    folder, port = tmp_path_factory.mktemp("hub-journey"), free_port()
    starts = itertools.count(1)
    surroundings = {
        "HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"
    }  # fmt: skip

    def begin() -> Any:
        return start_demo(folder / f"work{next(starts)}", folder / "root", port, surroundings)

    return begin


@pytest.fixture(scope="module")
def running(start: Any, end_demo: Any) -> Iterator[list[Any]]:
    """The demo as it runs now; a test that kills it puts the next one in its place."""
    held = [start()]
    yield held
    end_demo(held[0])


@pytest.fixture
def demo(running: list[Any]) -> Any:
    """The one that the panel is of."""
    return running[0]


def wait_for(panel: Any, path: str, good: Any) -> Any:
    """The answer of a route, as soon as it is what is waited for."""
    with panel.demo.api() as api:
        for _ in range(1500):
            said = api.get(path).json()
            if good(said):
                return said
            panel.page.wait_for_timeout(200)
    raise AssertionError(f"{path}: {said}")


def button(panel: Any, words: str, *, exact: bool = True) -> Any:
    return panel.main.get_by_role("button", name=words, exact=exact)


def test_the_way_to_the_hub(panel: Any, hub: Any) -> None:
    page, wrong = panel.page, []
    panel.demo.look("light")
    panel.open("settings")
    field = panel.main.get_by_label("توکن تازه")
    field.fill("hf_nobodyKnowsThisOneAtAll")
    button(panel, "گذاشتن").click()
    panel.main.get_by_role("alert").get_by_text("این توکن را نمی‌پذیرد").wait_for()
    assert field.input_value() == ""
    wrong += panel.faults("a token that is refused")

    field.fill(TOKEN)
    button(panel, "گذاشتن").click()
    panel.main.get_by_text("…4711").wait_for()
    panel.main.get_by_text("sara").wait_for()
    assert TOKEN not in page.content()
    button(panel, "امتحان راه").click()
    panel.main.get_by_text("توکن را پذیرفت").wait_for()

    # A mirror before it, which is not there: named, and moved behind.
    for url in ("http://127.0.0.1:9/hf", hub.url):
        panel.main.get_by_label("افزودن نشانی").fill(url)
        button(panel, "افزودن").click()
        panel.main.locator("li.pai-endpoint", has_text=url).wait_for()
    button(panel, "امتحان راه").click()
    panel.main.get_by_text("پاسخ نداد").wait_for()
    panel.main.locator("li.pai-endpoint").nth(1).get_by_role("checkbox").click()
    button(panel, "بالا بردن", exact=False).last.click()
    wait_for(
        panel,
        "settings/hub",
        lambda said: (
            [(one["url"], one["token"]) for one in said["endpoints"]]
            == [(hub.url, True), ("http://127.0.0.1:9/hf", False)]
        ),
    )
    panel.shoot("hub-settings")
    panel.demo.look("dark")
    panel.open("settings")
    panel.main.locator("li.pai-endpoint").nth(1).wait_for()
    wrong += panel.faults("settings, dark")
    button(panel, "برداشتن", exact=False).last.click()
    wait_for(panel, "settings/hub", lambda said: len(said["endpoints"]) == 1)

    # Offline is said where one looks, at once, and is left from there.
    panel.main.get_by_role("switch", name=re.compile("حالت آفلاین")).click()
    wait_for(panel, "settings/hub", lambda said: said["offline"])
    asked = len(hub.requests)
    panel.open("downloads/hub")
    panel.main.get_by_role("status").get_by_text("حالت آفلاین روشن است").wait_for()
    panel.main.get_by_role("alert").first.wait_for()
    wrong += panel.faults("offline, dark")
    panel.open("home")
    panel.main.get_by_text("حالت آفلاین روشن است").wait_for()
    assert len(hub.requests) == asked
    button(panel, "خاموش کردن حالت آفلاین").click()
    panel.main.get_by_text("حالت آفلاین روشن است").wait_for(state="detached")
    panel.demo.look("light")
    assert wrong == []


def test_find_download_compare_train_talk_and_delete(
    panel: Any, running: list[Any], start: Any, make_model: Any
) -> None:
    page, wrong = panel.page, []
    with panel.demo.api() as api:
        # A line that is slow enough to pause in the middle of a few megabytes.
        assert api.patch("settings/hub", json={"bandwidth": 200_000}).status_code == 200
        other = {"path": str(make_model("other-lm", 64)), "name": "مدل دیگر"}
        assert api.post("models", json=other).status_code == 201

    # Find it, and see what would come.
    panel.open("downloads/hub")
    panel.main.get_by_role("searchbox").fill("parsi")
    button(panel, "جست‌وجو").click()
    panel.main.locator(".pai-row", has_text=REPO).click()
    told = panel.main.locator(".pai-table")
    told.get_by_text("model.safetensors").wait_for()
    button(panel, "انتخاب فایل‌ها").click()
    assert told.locator("tr", has_text="pytorch_model.bin").get_by_role("checkbox").is_disabled()
    told.locator("tr", has_text="notes.txt").get_by_role("checkbox").check()
    panel.shoot("hub-choose-files")
    wrong += panel.faults("choosing files")
    button(panel, "دانلود این فایل‌ها").click()
    panel.main.get_by_role("progressbar").first.wait_for()

    # Pause, go on, and the server is killed.
    panel.open("downloads/running")
    row = panel.main.locator(".pai-download", has_text=REPO)
    wait_for(panel, "downloads", lambda said: said["items"][0]["progress"]["done"] > 500_000)
    row.get_by_role("button", name="مکث").click()
    row.get_by_text("مکث‌شده").wait_for()
    kept = wait_for(panel, "downloads", lambda said: said["items"][0]["state"] == "stopped")
    assert kept["items"][0]["progress"]["done"] < kept["items"][0]["progress"]["total"]
    row.get_by_role("button", name="ادامه").click()
    row.get_by_text("در حال دانلود").wait_for()
    wrong += panel.faults("downloads")
    os.kill(running[0].process.pid, signal.SIGKILL)
    running[0].process.wait(30)
    running[0] = panel.demo = start()
    with panel.demo.api() as api:
        assert api.patch("settings/hub", json={"bandwidth": 0}).status_code == 200
    panel.open("downloads/running")
    row.get_by_text("پایان یافت").wait_for()
    done = wait_for(panel, "downloads", lambda said: said["items"][0]["state"] == "completed")
    assert done["items"][0]["attempt"] <= 3  # the pause; and whether the worker was still there
    panel.shoot("hub-downloaded")

    # It is installed, as the repository's own page says, and its page is one press away.
    panel.open("downloads/hub")
    panel.main.locator(".pai-row", has_text=REPO).get_by_text("نصب").first.wait_for()
    panel.main.locator(".pai-row", has_text=REPO).click()
    button(panel, "دیدن مدل", exact=False).click()
    panel.main.get_by_role("heading", level=1, name=re.compile("parsi-lm")).wait_for()
    model = wait_for(
        panel,
        "models",
        lambda said: any(one["repo_id"] == REPO for one in said["items"]),
    )
    ids = {one["name"]: one["id"] for one in model["items"]}
    (ours,) = [one["id"] for one in model["items"] if one["repo_id"] == REPO]

    # Compare it with another, and let both answer.
    panel.open("models")
    button(panel, "سنجش با هم").click()
    for name in (REPO.partition("/")[2], other["name"]):
        panel.main.locator(".pai-choosing label", has_text=name).get_by_role("checkbox").check()
    button(panel, "سنجش با هم").click()
    panel.main.get_by_text("LlamaForCausalLM").first.wait_for()
    panel.main.get_by_label("یک پرسش برای همه").fill(VERSE)
    button(panel, "بپرس").click()
    panel.main.locator(".pai-answer").nth(1).wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.pai-answer .pai-chip')].length === 2 &&"
        " !document.querySelector('.pai-answer .pai-live') &&"
        " [...document.querySelectorAll('.pai-answer-text')].every(one => one.textContent)"
    )
    panel.shoot("hub-compared")
    wrong += panel.faults("comparison")

    # Train on it.
    panel.open(f"model:{ours}")
    button(panel, "ادامهٔ آموزش").click()
    button(panel, "آغاز آموزش").wait_for()
    panel.main.locator(f"select option[value='{ours}']:checked").first.wait_for(state="attached")
    for label, value in {"سقف گام": "3", "اندازهٔ دسته": "1", "طول دنباله": "32"}.items():
        panel.main.get_by_label(label, exact=True).first.fill(value)
    button(panel, "آغاز آموزش").click()
    trained = wait_for(
        panel,
        "training/jobs",
        lambda said: said["items"] and said["items"][0]["state"] in {"completed", "failed"},
    )
    assert trained["items"][0]["state"] == "completed", trained["items"][0]["error"]
    button(panel, "گفت‌وگو با این مدل").wait_for()

    # Talk to it.
    panel.open(f"model:{ours}")
    button(panel, "گفت‌وگو").click()
    box = panel.main.get_by_role("textbox").last
    box.fill("دوش در حلقهٔ ما قصهٔ گیسوی تو بود")
    button(panel, "فرستادن").click()
    panel.main.locator("article.pai-model[data-state='done']").last.wait_for()
    panel.shoot("hub-talked")

    # Delete it: who uses it and what is freed is said first.
    panel.open(f"model:{ours}")
    button(panel, "بیشتر").click()
    button(panel, "حذف").click()
    dialog = page.get_by_role("dialog").filter(has_text="این مدل حذف شود؟")
    dialog.get_by_text("از دیسک آزاد").wait_for()
    # The chat holds it in memory; the dialog says so, and lets go of it.
    go = dialog.get_by_role("button", name="حذف", exact=True)
    unload = dialog.get_by_role("button", name="برداشتن از حافظه")
    unload.wait_for()
    assert go.is_disabled()
    wrong += panel.faults("deleting what is in memory")
    unload.click()
    unload.wait_for(state="detached")
    panel.shoot("hub-delete")
    wrong += panel.faults("deleting")
    go.click()
    panel.main.get_by_text("مدل دیگر").first.wait_for()
    with panel.demo.api() as api:
        assert api.get(f"models/{ours}").status_code == 404
        assert api.get(f"models/{ids['مدل دیگر']}").status_code == 200
        assert api.get("downloads").status_code == 200
    assert wrong == []


def test_a_model_is_carried_as_parts(panel: Any, make_model: Any, tmp_path: Path) -> None:
    page, wrong = panel.page, []
    with panel.demo.api() as api:
        given = {"path": str(make_model("carried-lm", 256)), "name": "مدل بردنی"}
        model = api.post("models", json=given).json()

    # From the model's own page to its bundle.
    panel.open(f"model:{model['id']}")
    button(panel, "بیشتر").click()
    button(panel, "بسته", exact=False).click()
    panel.main.get_by_label("کدام مدل").wait_for()
    assert panel.main.get_by_label("کدام مدل").input_value() == model["id"]
    panel.main.get_by_label("اندازهٔ هر پاره").select_option("own")
    panel.main.get_by_label("اندازه به مگابایت").fill("۲")
    panel.main.locator("form").get_by_role("button", name="ساختن بسته").click()
    row = panel.main.locator(".pai-download", has_text="ساختن").first
    row.get_by_text("پایان یافت").wait_for()
    links = row.locator("a[download]")
    links.first.wait_for()
    assert links.count() > 2
    wrong += panel.faults("a bundle that was made")

    # Its parts to this computer, one after the other.
    carried = []
    for link in links.all():
        with page.expect_download() as coming:
            link.click()
        path = tmp_path / coming.value.suggested_filename
        coming.value.save_as(path)
        carried.append(path)
    panel.shoot("bundle-made")

    # Sent from here into the same service: a part is missing at first, and named.
    panel.main.get_by_role("tab", name="روی این رایانه").click()
    chooser = panel.main.locator("input[type=file]")
    chooser.set_input_files(carried[:-1])
    panel.main.get_by_role("alert").get_by_text("همهٔ پاره‌ها اینجا نیست").wait_for()
    assert carried[-1].name in (panel.main.locator(".pai-names li").first.text_content() or "")
    assert button(panel, "آوردن این بسته").is_disabled()
    panel.shoot("bundle-incomplete")
    wrong += panel.faults("a bundle that is not whole")
    panel.demo.look("dark")
    panel.reload()
    panel.main.get_by_text("پاره رسیده است").wait_for()
    chooser.set_input_files(carried)
    button(panel, "آوردن این بسته").wait_for()
    wrong += panel.faults("a bundle, dark")
    panel.main.get_by_label("نام اینجا").fill("مدل رسیده")
    button(panel, "آوردن این بسته").click()
    arrived = panel.main.locator(".pai-download").filter(has_text="آوردن").first
    arrived.get_by_role("button", name="دیدن مدل").click()
    panel.main.get_by_role("heading", level=1, name="مدل رسیده").wait_for()
    panel.shoot("bundle-arrived")
    panel.demo.look("light")
    assert wrong == []
