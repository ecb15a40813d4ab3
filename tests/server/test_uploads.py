"""Uploads: whose they are, how large, how long they wait; what is read of bad bodies."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import time

import pytest

from jupyter_persian_ai.services import machine
from jupyter_persian_ai.services.uploads import KEPT_SECONDS, SOON_SECONDS

BIG = 10**15


def multipart(content, name="a.txt", field="file"):
    head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    return {"raw": head.encode() + content + b"\r\n--b--\r\n", "headers": kind}


async def upload(ask, content=b"\xd8\xb3\n", **changes):
    answer = await ask("POST", "datasets/uploads", **multipart(content, **changes))
    assert answer.status == 201, answer.text
    return answer.json


def incoming(data_dir):
    return sorted(path.suffix for path in (data_dir / "incoming").iterdir())


def refused(answer, status, code):
    assert answer.status == status, answer.text
    assert answer.json["error"]["code"] == code
    return answer.json["error"]


async def test_an_upload_waits_until_it_is_dropped(ask, data_dir):
    one = await upload(ask, name="../../etc/نام.jsonl")
    assert one["name"] == "نام.jsonl"
    assert incoming(data_dir) == [".json", ".upload"]
    assert (await ask("DELETE", f"datasets/uploads/{one['id']}")).status == 204
    assert incoming(data_dir) == []
    refused(await ask("DELETE", f"datasets/uploads/{one['id']}"), 404, "not_found")


async def test_ids_that_are_none(ask):
    for bad in ("x", "..", "0" * 20, "%2e%2e%2fdb", "a" * 21, "ک" * 20):
        assert (await ask("DELETE", f"datasets/uploads/{bad}")).status == 404
        answer = await ask("POST", "datasets/peek", {"upload_id": bad})
        refused(answer, 404, "not_found")


async def test_an_upload_that_is_too_large_leaves_nothing(ask, service, data_dir, monkeypatch):
    small = dataclasses.replace(service.settings, max_upload_bytes=1000)
    monkeypatch.setattr(service, "settings", small)
    refused(await ask("POST", "datasets/uploads", **multipart(b"a" * 2000)), 413, "too_large")
    assert incoming(data_dir) == []


async def test_an_upload_to_a_full_disk_leaves_nothing(ask, data_dir, monkeypatch):
    monkeypatch.setattr("jupyter_persian_ai.services.disk.free_bytes", lambda path: 10)
    refused(await ask("POST", "datasets/uploads", **multipart(b"a" * 2000)), 507, "disk_full")
    assert incoming(data_dir) == []


async def test_bodies_that_are_no_file(ask, data_dir):
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    for raw in (b"", b"--b", b"--b--", b"x" * 100, b"--b\r\n\r\nx\r\n--b--\r\n", b"\x00\xff--b"):
        answer = await ask("POST", "datasets/uploads", raw=raw, headers=kind)
        assert 400 <= answer.status < 500, answer.text
    refused(await ask("POST", "datasets/uploads", {}), 400, "invalid_request")
    answer = await ask("POST", "datasets/uploads", **multipart(b"x", field="other"))
    refused(answer, 422, "invalid_field")
    assert incoming(data_dir) == []


async def test_old_uploads_are_swept_and_new_ones_survive_a_start(ask, service, data_dir):
    old, new = await upload(ask), await upload(ask)
    for path in (data_dir / "incoming").glob(f"{old['id']}.*"):
        past = time.time() - KEPT_SECONDS - 60
        os.utime(path, (past, past))
    (data_dir / "incoming" / "half.part").write_text("x")
    await service.datasets.start()
    assert {path.stem for path in (data_dir / "incoming").iterdir()} == {new["id"]}
    refused(await ask("POST", "datasets/peek", {"upload_id": old["id"]}), 404, "not_found")
    assert (await ask("POST", "datasets/peek", {"upload_id": new["id"]})).status == 200


async def test_an_upload_that_became_a_dataset_goes_soon(ask, service, data_dir):
    one = await upload(ask)
    asked, key = {"upload_id": one["id"], "keep": True}, {"Idempotency-Key": "k"}
    job = (await ask("POST", "datasets/imports", asked, headers=key)).json
    for _ in range(1000):
        job = (await ask("GET", f"datasets/jobs/{job['id']}")).json
        if job["state"] == "completed":
            break
        await asyncio.sleep(0.05)
    again = await ask("POST", "datasets/imports", asked, headers=key)
    assert (again.status, again.json["id"]) == (200, job["id"])
    service.uploads.sweep(KEPT_SECONDS)
    assert incoming(data_dir) == [".json", ".upload"]
    service.uploads.sweep(KEPT_SECONDS - SOON_SECONDS - 60)
    assert incoming(data_dir) == []


async def test_an_import_without_room(ask, monkeypatch):
    one = await upload(ask)
    assert machine.free_bytes
    monkeypatch.setattr("jupyter_persian_ai.services.disk.free_bytes", lambda path: 0)
    refused(await ask("POST", "datasets/imports", {"upload_id": one["id"]}), 507, "disk_full")
    assert (await ask("GET", "datasets/jobs")).json["items"] == []


JUNK = [
    {}, {"path": ""}, {"path": "\x00"}, {"path": "a" * 5000}, {"path": "/" + "a" * 4000},
    {"path": "~nobody-at-all/x"}, {"path": "/dev/zero"}, {"path": "/"}, {"path": 7},
    {"path": "x", "upload_id": "y"}, {"path": "x", "repo_id": "a/b"}, {"repo_id": "../../x"},
    {"repo_id": "a b"}, {"upload_id": ["x"]}, {"path": "x", "shape": "no"},
    {"path": "x", "members": "a"}, {"path": "x", "members": ["a"] * 2000},
    {"path": "x", "fields": []}, {"path": "x", "keep": "perhaps"}, {"path": "x", "more": 1},
    {"path": "x", "revision": "r" * 300}, [], "x", 7, None, {"path": {"a": {}}},
]  # fmt: skip


@pytest.mark.parametrize("route", ["datasets/peek", "datasets/imports"])
async def test_bodies_that_make_no_sense(ask, route):
    for junk in JUNK:
        answer = await ask("POST", route, raw=json.dumps(junk).encode())
        assert 400 <= answer.status < 500, (junk, answer.status, answer.text)
        assert answer.json["error"]["message_fa"]
    for raw in (b"{", b"\xff", b"[" * 100_000, b'{"path": NaN}', b'{"path": "\\ud800"}'):
        answer = await ask("POST", route, raw=raw)
        assert 400 <= answer.status < 500, (raw[:20], answer.status, answer.text)
