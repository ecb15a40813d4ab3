"""The client against a real service: every area, errors as their classes, events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import jupyter_persian_ai as pai
from jupyter_persian_ai import errors
from jupyter_persian_ai.client import Address, Client
from jupyter_persian_ai.client.discovery import answers, find
from jupyter_persian_ai.protocol.data import DatasetShape
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobState
from jupyter_persian_ai.protocol.service import HealthState


@pytest.fixture(scope="module")
def client(jupyter_server: Any) -> Iterator[Client]:
    with Client(Address.parse(jupyter_server.url, jupyter_server.token)) as client:
        yield client


@pytest.fixture(scope="module")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "شعر.txt"
    path.write_text("می‌روم تا دریا\nمی‌آیم از کوه\n" * 40, "utf-8")
    return path


def test_who_we_are_and_how_it_is(client: Client) -> None:
    me = client.service.me()
    assert me.epoch
    assert "jobs:write" in me.permissions
    health = client.service.health()
    assert health.parts["database"].state is HealthState.OK
    assert client.service.system().cpu_count >= 1
    assert client.service.api_metrics().requests >= 1
    assert client.service.notifications() == []
    assert {recipe.id for recipe in client.training.recipes()} >= {"pretrain", "sft"}


def test_it_is_found_as_the_server_of_this_kernel(
    jupyter_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(jupyter_server.log.parent / "runtime"))
    found = find({"JPY_PARENT_PID": str(jupyter_server.process.pid)})
    assert found is not None
    address, me = found
    assert address.own
    assert address.api.endswith(f":{jupyter_server.port}/persian-ai/api/")
    assert me.epoch == answers(Address.parse(jupyter_server.url, jupyter_server.token)).epoch
    elsewhere = find({"JPY_PARENT_PID": "1"})
    assert elsewhere is not None
    assert not elsewhere[0].own


def test_a_wrong_token_is_refused(jupyter_server: Any) -> None:
    address = Address.parse(jupyter_server.url, "not-the-token")
    with Client(address) as client, pytest.raises(errors.PersianAIError) as caught:
        client.service.me()
    assert caught.value.code in {"unauthenticated", "forbidden"}
    assert answers(address) is None


def test_nobody_answers() -> None:
    with Client(Address("http://127.0.0.1:9/")) as client, pytest.raises(errors.ServiceUnreachable):
        client.service.me()


def test_the_token_is_never_shown(client: Client, jupyter_server: Any) -> None:
    assert jupyter_server.token not in repr(client)


def test_settings(client: Client) -> None:
    assert client.service.settings().language == "fa"
    assert client.service.change_settings(language="en").language == "en"
    assert client.service.change_settings(language="fa").language == "fa"
    with pytest.raises(errors.InvalidField) as caught:
        client.service.change_settings(language="tlh")
    assert caught.value.details["field"] == "language"
    assert any("پذیرفتنی" in note for note in caught.value.__notes__)


def test_datasets_by_path_and_by_upload(client: Client, text_file: Path) -> None:
    by_path = client.datasets.add_path({"path": str(text_file), "name": "از مسیر"})
    uploaded = client.datasets.upload(
        text_file, name="بارگذاری", shape=DatasetShape.TEXT, fields=None
    )
    assert by_path.sha256 == uploaded.sha256
    assert by_path.report.stats.half_spaces > 0
    assert {by_path.id, uploaded.id} <= {one.id for one in client.datasets.all()}
    rows = client.datasets.rows(by_path.id, limit=1)
    assert "می‌روم" in rows.rows[0]["text"]
    assert client.datasets.rename(by_path.id, "نام نو").name == "نام نو"
    client.datasets.delete(uploaded.id)
    with pytest.raises(errors.NotFound):
        client.datasets.get(uploaded.id)


def test_bad_files_are_refused_by_their_class(client: Client, tmp_path: Path) -> None:
    with pytest.raises(errors.DatasetMissing):
        client.datasets.add_path({"path": str(tmp_path / "none.txt")})
    empty = tmp_path / "empty.txt"
    empty.touch()
    with pytest.raises(errors.DatasetEmpty):
        client.datasets.upload(empty)
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"a\x00b" * 99)
    with pytest.raises(errors.DatasetBinary):
        client.datasets.add_path({"path": str(binary)})


def test_models_are_judged(client: Client, tmp_path: Path) -> None:
    with pytest.raises(errors.ModelNotAFolder):
        client.models.add_path(str(tmp_path))
    with pytest.raises(errors.NotFound):
        client.models.get("0" * 20)


def test_training_is_refused_before_it_starts(client: Client, text_file: Path) -> None:
    dataset = client.datasets.add_path({"path": str(text_file)})
    ask = {"recipe": "pretrain", "dataset_id": dataset.id}
    with pytest.raises(errors.InvalidField) as caught:
        client.training.submit({**ask, "options": {"learning_rate": 7.0}})
    assert "learning_rate" in caught.value.details["field"]
    with pytest.raises(errors.PersianAIError):
        client.training.submit({**ask, "recipe": "alchemy"})
    with pytest.raises(errors.NotFound):
        client.training.submit({**ask, "dataset_id": "0" * 20})
    assert client.training.all() == []


def test_a_forecast_in_a_notebook(
    client: Client, text_file: Path, tiny_options: dict[str, Any]
) -> None:
    told = pai.estimate(str(text_file), client=client, **tiny_options)
    assert told.fits
    assert told.change is None
    assert "memory" in repr(told)
    assert "حافظه" in told._repr_html_()
    fitted = pai.estimate(str(text_file), client=client, fit=True, **tiny_options)
    assert fitted.chosen
    assert fitted.fits
    huge = {"hidden_size": 16_384, "layers": 128, "heads": 128}
    refused = pai.estimate(str(text_file), client=client, **huge)
    assert not refused.fits
    with pytest.raises(errors.TooLittleMemory) as caught:
        pai.train(str(text_file), client=client, **huge)
    assert caught.value.details["check"]["mend"]["fa"]
    with pytest.raises(errors.LaunchRefused) as other:
        client.training.rehearse(
            {
                "recipe": "pretrain",
                "dataset_id": client.datasets.all()[0].id,
                "options": {"devices": 64},
            }
        )
    assert other.value.details["change"] == {"devices": 1}


def test_a_job_from_submit_to_its_last_event(
    client: Client, text_file: Path, tiny_options: dict[str, Any], wait_for: Callable[..., Any]
) -> None:
    dataset = client.datasets.add_path({"path": str(text_file)})
    options = {**tiny_options, "epochs": 50}
    ask = {"recipe": "pretrain", "dataset_id": dataset.id, "options": options}
    assert client.training.estimate(ask).steps == 12
    job = client.training.submit(ask, idempotency_key="once")
    assert client.training.submit(ask, idempotency_key="once").id == job.id
    with pytest.raises(errors.IdempotencyMismatch):
        client.training.submit({**ask, "name": "دیگر"}, idempotency_key="once")

    follower = client.follow([f"job:{job.id}"], job.seq)
    events = []
    while not events or events[-1].data.get("state") not in {"completed", "failed", "stopped"}:
        more = follower.take(120)
        assert more, "the job’s events ceased"
        events += more
    follower.close()
    assert events[-1].data["state"] == "completed"
    numbers = [event.seq for event in events]
    assert numbers == sorted(set(numbers))
    losses = [
        step
        for event in events
        if event.type is EventType.METRICS
        for name, step, _ in event.data["points"]
        if name == "loss"
    ]
    assert losses == list(range(1, 13))

    kept = client.training.metrics(job.id, names=["loss"]).series[0]
    assert kept.steps == losses
    assert client.training.logs(job.id)
    assert client.training.checkpoints(job.id)
    samples = client.training.samples(job.id)
    assert [sample.step for sample in samples] == [6, 12]
    assert client.training.get(job.id).state is JobState.COMPLETED
    with pytest.raises(errors.Conflict):
        client.training.stop(job.id)
    assert [model.job_id for model in client.models.all()] == [job.id]
