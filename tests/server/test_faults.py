"""Faults of ours and of the machine, brought about inside the service."""

import dataclasses
import json

import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.services import machine


def multipart(content):
    """A body with one file, and its headers."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    return {"raw": head + content + b"\r\n--b--\r\n", "headers": kind}


@pytest.fixture
def dataset(ask, tmp_path, jp_asyncio_loop, verses):
    """A small dataset of raw text."""
    file = tmp_path / "a.txt"
    file.write_text("\n".join(verses), "utf-8")

    async def make():
        return (await ask("POST", "datasets", {"path": str(file)})).json

    return jp_asyncio_loop.run_until_complete(make())


def refused(answer, status, code):
    assert answer.status == status, answer.text
    assert answer.json["error"]["code"] == code
    return answer.json["error"]


async def test_our_own_fault_says_nothing_of_itself(ask, service, monkeypatch):
    async def broken(user_id):
        raise RuntimeError("secret/path/of/ours")

    monkeypatch.setattr(service.preferences, "get", broken)
    answer = await ask("GET", "settings")
    refused(answer, 500, "internal_error")
    assert "secret" not in answer.text


async def test_the_database_is_away(ask, service, monkeypatch):
    def away(fn):
        raise errors.Busy

    monkeypatch.setattr(service.store, "read", away)
    answer = await ask("GET", "settings")
    refused(answer, 503, "busy")
    assert int(answer.headers["Retry-After"]) > 0


async def test_not_open_yet(jp_fetch):
    answer = await jp_fetch("persian-ai/api/me", raise_error=False)
    assert answer.code == 503
    assert json.loads(answer.body)["error"]["code"] == "busy"
    assert answer.headers["Retry-After"] == "2"


async def test_an_upload_that_is_too_large(ask, service, data_dir, monkeypatch):
    small = dataclasses.replace(service.settings, max_upload_bytes=1000)
    monkeypatch.setattr(service, "settings", small)
    refused(await ask("POST", "datasets", **multipart(b"a" * 2000)), 413, "too_large")
    assert not list((data_dir / "incoming").iterdir())


async def test_a_repeat_is_answered_even_when_memory_is_gone(
    ask, service, dataset, tiny_options, monkeypatch
):
    body = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": tiny_options}
    key = {"Idempotency-Key": "once"}
    monkeypatch.setattr(service.supervisor, "_launch_waiting", lambda: None)
    first = await ask("POST", "training/jobs", body, headers=key)
    monkeypatch.setattr("jupyter_persian_ai.training.footprint.available_bytes", lambda: 1000)
    again = await ask("POST", "training/jobs", body, headers=key)
    assert (again.status, again.json["id"]) == (200, first.json["id"])
    refused(await ask("POST", "training/jobs", body), 422, "too_little_memory")
    await ask("POST", f"training/jobs/{first.json['id']}/stop")


async def test_a_training_that_the_disk_cannot_hold(ask, dataset, tiny_options, monkeypatch):
    monkeypatch.setattr("jupyter_persian_ai.services.devices.usable_bytes", lambda settings: 10)
    body = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": tiny_options}
    refused(await ask("POST", "training/jobs", body), 507, "disk_full")
    assert (await ask("GET", "training/jobs")).json["items"] == []


class TestFullDisk:
    @pytest.fixture
    def jp_server_config(self, jp_server_config, data_dir):
        """All that is free is the reserve."""
        data_dir.mkdir()
        jp_server_config.PersianAIApp.disk_reserve_bytes = machine.free_bytes(data_dir) * 2
        return jp_server_config

    async def test_nothing_big_begins(self, ask, tmp_path, data_dir):
        file = tmp_path / "a.txt"
        file.write_text("سلام دنیا\n" * 10, "utf-8")
        refused(await ask("POST", "datasets", {"path": str(file)}), 507, "disk_full")
        body = multipart("سلام دنیا\n".encode() * 10)
        refused(await ask("POST", "datasets", **body), 507, "disk_full")
        refused(await ask("POST", "downloads", {"repo_id": "a/b"}), 507, "disk_full")
        assert not list((data_dir / "incoming").iterdir())
        assert (await ask("GET", "health")).json["parts"]["disk"]["state"] == "down"
