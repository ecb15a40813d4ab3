"""The notebook API where nothing can be displayed: train, wait, measure, chat."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import jupyter_persian_ai as pai
from jupyter_persian_ai import errors
from jupyter_persian_ai.protocol.jobs import JobState
from jupyter_persian_ai.widgets.training_data import dataset_of


@pytest.fixture(scope="module")
def client(jupyter_server: Any) -> Iterator[pai.Client]:
    yield pai.connect(jupyter_server.url, jupyter_server.token)
    pai.disconnect()


@pytest.fixture
def trained(client: pai.Client, verses: list[str], tiny_options: dict[str, Any]) -> pai.TrainingJob:
    """A job that has ended, made once for the module."""
    for job in pai.jobs():
        if job.name == "آزمون":
            return job
    return pai.train(verses, name="آزمون", **{**tiny_options, "epochs": 50}).wait()


def test_importing_is_light() -> None:
    heavy = "{'torch', 'transformers', 'sqlalchemy', 'pandas', 'bokeh', 'ipywidgets', 'httpx'}"
    code = f"import sys, jupyter_persian_ai as pai; dir(pai); print({heavy} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert said.stdout.strip() == "set()"


def test_the_words_of_the_api_are_there_whatever_was_imported() -> None:
    import jupyter_persian_ai.datasets
    import jupyter_persian_ai.hub
    import jupyter_persian_ai.jobs

    for name in set(pai.__all__) - {"__version__"}:
        assert callable(getattr(pai, name)), name
    assert jupyter_persian_ai.jobs.__path__, "still a package"
    assert callable(pai.datasets.load)
    assert callable(pai.datasets.get)
    assert callable(pai.hub.token)
    assert callable(pai.hub.settings)
    with pytest.raises(AttributeError):
        _ = pai.datasets.nothing_of_ours
    with pytest.raises(AttributeError):
        _ = pai.nothing_of_ours


def test_train_wait_measure_chat(trained: pai.TrainingJob, capsys: Any) -> None:
    assert trained.state is JobState.COMPLETED
    assert trained.wait() is trained
    assert "completed, step 12/12" in capsys.readouterr().out
    assert trained.progress.done == 12

    metrics = trained.metrics()
    assert metrics.index.name == "step"
    assert list(metrics.index) == list(range(1, 13))
    assert metrics["loss"].notna().all()
    assert metrics["loss"].iloc[-1] < metrics["loss"].iloc[0]
    assert list(metrics["eval_loss"].dropna().index) == [6, 12]
    assert [sample.step for sample in trained.samples()] == [6, 12]
    assert len(trained.logs()) > 0

    chat = pai.chat(trained, max_new_tokens=8, seed=1)
    answer = chat.ask("الا یا ایها الساقی")
    assert capsys.readouterr().out == f"{answer}\n"
    assert chat.messages[-1].text == answer
    assert [message.state for message in chat.messages] == ["done", "done"]
    assert "الا یا ایها الساقی" in repr(chat)
    chat.ask("باز هم", show=False)
    assert capsys.readouterr().out == ""
    assert len(chat.messages) == 4


def test_reprs_say_what_is_there(trained: pai.TrainingJob, client: pai.Client) -> None:
    assert "آزمون" in repr(trained)
    assert "completed" in repr(trained)
    assert "pai.Token" not in repr(client)
    for listing in (pai.jobs(), pai.models(), pai.datasets()):
        assert len(repr(listing).splitlines()) == len(listing) + 1
        assert "<table>" in listing._repr_html_()
    assert "memory" in repr(pai.Monitor())
    bundle = trained._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}, "no widget where there is no kernel"
    assert "آزمون" in repr(pai.LossCurve(trained.id))


def test_names_reach_html_escaped(client: pai.Client, verses: list[str]) -> None:
    dataset = dataset_of(client, verses, name="<img src=x onerror=alert(1)>")
    page = pai.datasets()._repr_html_()
    client.datasets.delete(dataset.id)
    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.usefixtures("client")
def test_the_catalogue_as_a_table() -> None:
    whole, found = pai.catalogue(), pai.catalogue("خلاصه", type="dataset")
    assert 0 < len(found) < len(whole)
    assert all(one.type == "dataset" for one in found)
    assert found[0].repo_id in repr(found)
    assert "به چه کار می‌آید" in found._repr_html_()
    with pytest.raises(errors.InvalidField):
        pai.catalogue(commercial="perhaps")


def test_a_model_is_found_by_name_and_continued(
    trained: pai.TrainingJob, tiny_options: dict[str, Any], verses: list[str]
) -> None:
    tiny_options.pop("shape")
    more = pai.train(verses, model="آزمون", name="ادامه", **tiny_options).wait()
    assert more.info.inputs["model_name"] == "آزمون"
    assert more.model.parameters == trained.model.parameters
    made = more.model
    assert (more.path / "model.safetensors").is_file()
    more.delete()
    with pytest.raises(errors.NotFound):
        _ = more.info
    assert made.info.parameters == trained.model.parameters, "the model stays"
    with pytest.raises(errors.NotFound):
        pai.train(verses, model="هیچ‌کدام")


def test_stop_and_resume(verses: list[str], tiny_options: dict[str, Any], wait_for: Any) -> None:
    options = {**tiny_options, "epochs": 1000, "max_steps": 100_000, "checkpoint_every": 5}
    job = pai.train(verses, name="ایست", **options)
    wait_for(lambda: job.progress.done >= 5)
    assert job.stop().wait().state is JobState.STOPPED
    with pytest.raises(errors.Conflict):
        _ = job.model
    stopped_at = job.progress.done
    job.resume()
    wait_for(lambda: job.progress.done > stopped_at)
    assert job.stop().wait(60).state is JobState.STOPPED
    steps = list(job.metrics().index)
    assert steps == list(range(1, steps[-1] + 1))


def test_pause_and_resume(verses: list[str], tiny_options: dict[str, Any], wait_for: Any) -> None:
    options = {**tiny_options, "epochs": 1000, "max_steps": 100_000, "checkpoint_every": 5}
    job = pai.train(verses, name="مکث", **options)
    wait_for(lambda: job.progress.done >= 5)
    job.pause().wait()
    assert (job.state, job.info.reason) == (JobState.STOPPED, "paused")
    with pytest.raises(errors.Conflict):
        job.pause()
    paused_at = job.progress.done
    job.resume()
    wait_for(lambda: job.progress.done > paused_at)
    job.stop().wait(60)
    assert job.info.reason == "requested"


def test_every_point_leaves_as_csv_and_for_tensorboard(
    trained: pai.TrainingJob, tmp_path: Path
) -> None:
    frame = pd.read_csv(trained.export_csv(tmp_path / "deep" / "metrics.csv"), index_col="step")
    pd.testing.assert_frame_equal(frame.astype("float64"), trained.metrics())
    folder = trained.export_tensorboard(tmp_path / "runs")
    assert folder == tmp_path / "runs" / trained.name
    (events,) = folder.iterdir()
    assert events.name.startswith("events.out.tfevents.")
    assert events.stat().st_size > 1000


def test_what_cannot_be_compared_is_refused(trained: pai.TrainingJob) -> None:
    with pytest.raises(errors.InvalidRequest):
        pai.compare(trained, trained.id)
    with pytest.raises(errors.NotFound):
        pai.compare(trained, "0" * 20)


@pytest.mark.parametrize("kind", ["frame", "strings", "mappings", "path", "text path"])
def test_every_kind_of_data(client: pai.Client, tmp_path: Path, kind: str) -> None:
    texts = ["می‌روم تا دریا", "می‌آیم از کوه"]
    file = tmp_path / "دریا.txt"
    file.write_text("\n".join(texts), "utf-8")
    data: Any = {
        "frame": pd.DataFrame({"text": texts, "number": [1, 2]}),
        "strings": texts,
        "mappings": ({"text": text} for text in texts),
        "path": file,
        "text path": str(file),
    }[kind]
    dataset = dataset_of(client, data)
    assert dataset.report.stats.rows == 2
    assert dataset.report.stats.half_spaces == 2
    assert dataset_of(client, dataset.id).id == dataset.id
    assert dataset_of(client, dataset).id == dataset.id


def test_data_that_is_none(client: pai.Client, tmp_path: Path) -> None:
    with pytest.raises(errors.DatasetMissing):
        dataset_of(client, tmp_path / "none.txt")
    with pytest.raises(errors.DatasetMissing):
        dataset_of(client, "no such dataset or file")
    with pytest.raises(errors.InvalidField):
        dataset_of(client, 7)
    with pytest.raises(errors.InvalidField):
        dataset_of(client, [1, 2])
    with pytest.raises(errors.DatasetEmpty):
        dataset_of(client, [])
    with pytest.raises(errors.DatasetFields):
        dataset_of(client, pd.DataFrame({"a": ["x"], "b": ["y"]}))


def test_a_sample_is_imported_once(client: pai.Client) -> None:
    pytest.importorskip("hafez")
    first = dataset_of(client, "hafez")
    assert dataset_of(client, "hafez").id == first.id
    assert first.source == "sample"


def test_options_are_judged_before_anything_starts(verses: list[str]) -> None:
    before = len(pai.jobs())
    with pytest.raises(errors.InvalidField, match="learning_rate"):
        pai.train(verses, learning_rate=9)
    with pytest.raises(errors.InvalidField, match="hiden_size"):
        pai.train(verses, hiden_size=64)
    with pytest.raises(errors.InvalidField, match="temperature"):
        pai.chat(pai.models()[0], temperature=9)
    assert len(pai.jobs()) == before
