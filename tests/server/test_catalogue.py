"""The catalogue and the Hub's live search over HTTP, in a server with a Hub of its own."""

import asyncio
import importlib.util
from pathlib import Path

import pytest

from jupyter_persian_ai.client import Address, Client
from jupyter_persian_ai.errors import HubOffline, NotFound
from jupyter_persian_ai.protocol.base import now
from jupyter_persian_ai.protocol.data import Model
from jupyter_persian_ai.protocol.jobs import JobKind
from jupyter_persian_ai.services.catalogue import Room
from jupyter_persian_ai.store import jobs, models

SERVER = Path(__file__).parents[1] / "hub" / "search_server.py"
spec = importlib.util.spec_from_file_location("search_server", SERVER)
fake = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fake)

BASE = "HooshvareLab/bert-fa-base-uncased"


@pytest.fixture
def hub():
    server = fake.SearchServer()
    server.models = [
        fake.model(BASE, {"config.json": 2, "model.safetensors": 650_000_000}),
        fake.model("a/pickled", {"config.json": 2, "pytorch_model.bin": 9}),
    ]
    yield server
    server.close()


@pytest.fixture
def asked(ask, hub, monkeypatch):
    """`ask` in this process, of a service that knows `hub` alone."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    return ask


def put(cache, repo_id):
    folder = cache / f"models--{repo_id.replace('/', '--')}" / "snapshots" / "r"
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_text("{}")
    return folder


def test_find_look_and_see_it_installed(jupyter, hub, tmp_path):
    environment = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(tmp_path / "cache")}
    server = jupyter(environment=environment)
    client = server.client()
    whole = client.get("catalog").json()
    assert whole["total"] == len(whole["items"]) > 50
    assert whole["memory_total"] >= whole["memory_free"] > 0

    found = client.get("catalog", params={"q": "ParsBERT", "task": "fill-mask"}).json()["items"]
    assert found[0]["repo_id"] == BASE
    assert found[0]["memory_bytes"] == 163_000_000 * 2 * 12 // 10 + 512 * 2**20
    assert found[0]["uses"] == ["train"]
    assert found[0]["licence"]["summary"]["fa"]
    entry = found[0]["id"]

    repo = client.get("hub/repo", params={"repo_id": BASE, "type": "model"}).json()
    assert (repo["chosen_bytes"], repo["entry_id"]) == (650_000_002, entry)
    refused = client.get("hub/repo", params={"repo_id": "a/pickled", "type": "model"}).json()
    assert refused["refused"]["fa"]
    hits = client.get("hub/search", params={"q": "bert"}).json()
    assert [hit["entry_id"] for hit in hits["items"]] == [entry]
    assert hits["endpoint"] == hub.url

    assert client.get(f"catalog/{entry}").json()["installed"] == "no"
    # The user's own programs have fetched it meanwhile.
    folder = put(tmp_path / "cache", BASE)
    seen = client.get(f"catalog/{entry}").json()
    assert (seen["installed"], seen["path"]) == ("fetched", str(folder))
    assert client.get("hub/search", params={"q": "bert"}).json()["items"][0]["installed"] == (
        "fetched"
    )

    with Client(Address(server.url, server.token)) as typed:
        mine = typed.catalogue.search("پارس برت parsbert", fits=True)
        assert mine.total == whole["total"]
        assert typed.catalogue.search("ParsBERT", commercial="yes").items[0].path == str(folder)
        assert typed.catalogue.get(entry).licence.name == "Apache 2.0"
        assert [hit.repo_id for hit in typed.catalogue.hub("pickled", persian=False).items] == [
            "a/pickled"
        ]
        assert typed.catalogue.repo(BASE).chosen_files == 2
        with pytest.raises(NotFound):
            typed.catalogue.get("none")
        hub.close()
        with pytest.raises(HubOffline):
            typed.catalogue.hub("bert")


async def test_without_the_hub_the_catalogue_goes_on(asked, hub):
    hub.close()
    answer = await asked("GET", "hub/search", q="bert")
    assert answer.status == 503
    error = answer.json["error"]
    assert error["code"] == "hub_offline"
    assert hub.url in error["message_fa"]
    assert "HF_ENDPOINT" in error["hint_fa"]
    assert (await asked("GET", "catalog", q="جمله")).json["items"]


async def test_asked_too_often_is_said_with_the_pause(asked, hub):
    hub.fault = 429
    answer = await asked("GET", "hub/search")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "17")
    assert answer.json["error"]["code"] == "hub_throttled"


async def test_a_hub_that_hangs_holds_up_a_few_questions_and_no_more(asked, hub):
    hub.fault = "slow"
    answers = await asyncio.gather(*(asked("GET", "hub/search") for _ in range(12)))
    assert {answer.status for answer in answers} == {200, 503}
    busy = [answer for answer in answers if answer.status == 503]
    assert {answer.json["error"]["code"] for answer in busy} == {"busy"}
    assert (await asked("GET", "catalog")).status == 200


@pytest.mark.parametrize(
    ("memory", "disk", "fit"),
    [
        (5, 5, "yes"), (15, 5, "busy"), (25, 5, "memory"), (5, 35, "disk"), (None, 5, "unknown"),
        (None, 35, "disk"), (5, None, "yes"),
    ],
)  # fmt: skip
def test_what_fits(memory, disk, fit):
    assert Room(memory_free=10, memory_total=20, disk_free=30).fit(memory, disk) == fit


BAD = [
    ("catalog", {"type": "space"}, 422),
    ("catalog", {"q": "x" * 201}, 422),
    ("catalog", {"sort": "luck"}, 422),
    ("catalog/none", {}, 404),
    ("hub/repo", {}, 422),
    ("hub/repo", {"repo_id": "../../etc"}, 422),
    ("hub/repo", {"repo_id": "a/b", "type": "space"}, 422),
    ("hub/repo", {"repo_id": "a/none"}, 404),
    ("hub/search", {"limit": "1000"}, 422),
]


async def test_what_cannot_be_asked(asked):
    for path, params, status in BAD:
        answer = await asked("GET", path, **params)
        assert answer.status == status, (path, params)
        assert answer.json["error"]["message_fa"]


async def test_a_registered_model_and_a_download_under_way(ask, service, tmp_path):
    me = await service.users.id_of("local", "")
    folder = tmp_path / "x" / "models--Qwen--Qwen3-0.6B" / "snapshots" / "r"
    known = Model(id="m" * 20, name="کوئن", source="hub", path=str(folder), created=now())

    def write(session):
        models.insert(session, me, known)
        job, _ = jobs.submit(
            session, me, kind=JobKind.DOWNLOAD, recipe="hub", name="Qwen/Qwen3-4B",
            options={"repo_type": "model"}, inputs={}, idempotency_key=None, root_id="elsewhere",
        )  # fmt: skip
        return job.id

    job_id = await service.store.awrite(write)
    found = (await ask("GET", "catalog", q="qwen3")).json["items"]
    by_repo = {item["repo_id"]: item for item in found}
    assert by_repo["Qwen/Qwen3-0.6B"]["installed"] == "registered"
    assert by_repo["Qwen/Qwen3-0.6B"]["model_id"] == known.id
    assert by_repo["Qwen/Qwen3-4B"]["job_id"] == job_id
    assert by_repo["Qwen/Qwen3-14B"]["job_id"] == ""
