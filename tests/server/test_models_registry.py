"""The registry of models over HTTP, with real little folders."""

from __future__ import annotations

import json
import shutil

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from jupyter_persian_ai.protocol.jobs import JobKind
from jupyter_persian_ai.services.engines import RunningEngine
from jupyter_persian_ai.store import jobs
from jupyter_persian_ai.store.schema import ModelRow

ROPE = {"rope_theta": 10000.0, "rope_type": "default"}


@pytest.fixture(scope="session")
def ready(tmp_path_factory, tiny_llama):
    folder = tmp_path_factory.mktemp("ready") / "model"
    folder.mkdir()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(["می\u200cخواهم برای تو شعری بخوانم"] * 4, trainer)
    for name, content in tiny_llama.files(320, tokenizer, rope_parameters=ROPE).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def folder(ready, tmp_path):
    """Copies of the model's folder, each with another context length."""

    def make(name="model", base=None, **changes):
        place = shutil.copytree(ready, (base or tmp_path) / name)
        config = place / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | changes))
        return place

    return make


@pytest.fixture
def register(ask):
    async def send(place, **more):
        answer = await ask("POST", "models", {"path": str(place), **more})
        assert answer.status == 201, answer.text
        return answer.json

    return send


@pytest.fixture
def compare(jp_fetch):
    """`await compare(*ids)` gives status and JSON body."""

    async def send(*ids):
        answer = await jp_fetch(
            "persian-ai/api/models/compare", params=[("ids", one) for one in ids], raise_error=False
        )
        return answer.code, json.loads(answer.body)

    return send


async def test_versions_are_added_promoted_rolled_back_and_deleted(ask, folder, register):
    first = await register(folder("a"), name="نخست")
    second = await register(folder("b", max_position_embeddings=64))
    assert (first["version"], first["versions"], first["can_roll_back"]) == (1, 1, False)
    path = f"models/{first['id']}"
    added = await ask("POST", f"{path}/versions", {"model_id": second["id"], "note": "کوتاه‌تر"})
    assert (added.status, added.json["number"], added.json["current"]) == (201, 2, False)
    again = await ask("POST", f"{path}/versions", {"model_id": second["id"]})
    assert (again.status, again.json["error"]["code"]) == (409, "conflict")
    early = await ask("POST", f"{path}/rollback")
    assert early.status == 409

    promoted = (await ask("POST", f"{path}/promote", {"version": 2})).json
    assert (promoted["version"], promoted["context_length"]) == (2, 64)
    assert promoted["path"] == second["path"]
    assert (promoted["versions"], promoted["can_roll_back"]) == (2, True)
    listed = (await ask("GET", f"{path}/versions")).json["items"]
    assert [(v["number"], v["current"], v["present"]) for v in listed] == [
        (2, True, True),
        (1, False, True),
    ]
    current = await ask("DELETE", f"{path}/versions/2")
    assert current.status == 409

    back = (await ask("POST", f"{path}/rollback")).json
    assert (back["version"], back["context_length"], back["can_roll_back"]) == (1, 128, False)
    assert (await ask("DELETE", f"{path}/versions/2")).status == 204
    assert (await ask("GET", f"models/{second['id']}")).status == 200
    for number, status in ((2, 404), ("x", 404), (99, 404)):
        assert (await ask("DELETE", f"{path}/versions/{number}")).status == status
    assert (await ask("POST", f"{path}/promote", {"version": 2})).status == 404


async def test_a_version_is_downloaded_and_a_folder_that_went_is_told(ask, folder, register):
    a, b = folder("a"), folder("b", max_position_embeddings=64)
    first, second = await register(a), await register(b)
    await ask("POST", f"models/{first['id']}/versions", {"model_id": second["id"]})
    zipped = await ask("GET", f"models/{first['id']}/download", version="2")
    assert b'"max_position_embeddings": 64' in zipped.body
    shutil.rmtree(b)
    listed = (await ask("GET", f"models/{first['id']}/versions")).json["items"]
    assert [v["present"] for v in listed] == [False, True]
    assert (await ask("GET", f"models/{first['id']}/download", version="2")).status == 422
    assert (await ask("GET", f"models/{first['id']}/download", version="3")).status == 404


async def test_notes_tags_search_and_order(ask, folder, register):
    small = await register(folder("a"), name="کتابِ کوچک")
    large = await register(folder("b", max_position_embeddings=64), name="الف")
    patch = {"tags": ["شعر", " شعر ", "a  b"], "notes": "برای غزل"}
    told = (await ask("PATCH", f"models/{small['id']}", patch)).json
    assert (told["tags"], told["notes"]) == (["شعر", "a b"], "برای غزل")
    for tags in ([""], ["x" * 41], ["t"] * 33):
        refused = await ask("PATCH", f"models/{small['id']}", {"tags": tags})
        assert refused.status == 422

    async def found(**query):
        answer = await ask("GET", "models", **query)
        return [model["id"] for model in answer.json["items"]]

    assert await found() == [large["id"], small["id"]]
    # Arabic letters, no vowel signs, another order of words.
    assert await found(q="كوچك كتاب") == [small["id"]]
    assert await found(q="غزل llama") == [small["id"]]
    assert await found(q="غزل نیست") == []
    assert await found(tag="شعر") == [small["id"]]
    assert await found(source="path", sort="name") == [large["id"], small["id"]]
    assert await found(source="hub") == []
    page = (await ask("GET", "models", sort="name", limit="1")).json
    following = await found(sort="name", limit="1", cursor=page["next_cursor"])
    assert [page["items"][0]["id"], *following] == [large["id"], small["id"]]
    for wrong, status in (({"sort": "x"}, 422), ({"sort": "name", "cursor": "x"}, 400)):
        assert (await ask("GET", "models", **wrong)).status == status


async def test_what_deleting_frees_and_who_uses_it(ask, service, folder, register, data_dir):
    mine = folder("theirs")
    yours = await register(mine)
    told = (await ask("GET", f"models/{yours['id']}/users")).json
    assert (told["users"], told["frees_bytes"]) == ([], 0)
    assert "خودتان" in told["kept"]["fa"]
    assert (await ask("DELETE", f"models/{yours['id']}")).status == 204
    assert mine.is_dir(), "what a user keeps elsewhere stays"

    place = folder("made", base=data_dir / "models")
    own = await register(place)
    talk = (await ask("POST", "chat/conversations", {"model_id": own["id"], "title": "گپ"})).json

    def write(session):
        user = session.get_one(ModelRow, own["id"]).user_id
        return jobs.submit(
            session, user, kind=JobKind.TRAINING, recipe="sft", name="آموزش", options={},
            inputs={"model_id": own["id"], "model_version": 1}, idempotency_key=None,
            root_id="elsewhere",
        )[0]  # fmt: skip

    job = await service.store.awrite(write)
    # Registered by its path a second time, from the folder of a job that is still there.
    of_a_job = folder("model", base=data_dir / "jobs" / job.id)
    second = await register(of_a_job)
    assert (await ask("DELETE", f"models/{second['id']}")).status == 204
    assert of_a_job.is_dir(), "it goes with its job"
    told = (await ask("GET", f"models/{own['id']}/users")).json
    assert [(one["kind"], one["id"], one["blocks"]) for one in told["users"]] == [
        ("job", job.id, True),
        ("conversation", talk["id"], False),
    ]
    size = sum(path.stat().st_size for path in place.iterdir())
    assert 0 < told["frees_bytes"] <= size
    refused = await ask("DELETE", f"models/{own['id']}")
    assert (refused.status, refused.json["error"]["code"]) == (409, "model_in_use")
    assert "آموزش" in refused.json["error"]["message_fa"]
    assert place.is_dir()

    await ask("POST", f"training/jobs/{job.id}/stop")
    told = (await ask("GET", f"models/{own['id']}/users")).json
    assert [one["blocks"] for one in told["users"]] == [False, False]
    service.engines._engines[own["id"]] = RunningEngine(own["id"], path=own["path"])
    told = (await ask("GET", f"models/{own['id']}/users")).json
    assert (told["users"][0]["kind"], told["users"][0]["blocks"]) == ("engine", True)
    assert (await ask("DELETE", f"models/{own['id']}")).status == 409
    await ask("POST", f"chat/engines/{own['id']}/unload")
    assert (await ask("DELETE", f"models/{own['id']}")).status == 204
    assert not place.exists()


async def test_models_of_this_machine_are_found(ask, folder, register, tmp_path, monkeypatch):
    root = tmp_path / "many"
    known = folder("known", base=root)
    folder("new", base=root / "deep" / "er")
    pickled = folder("pickled", base=root)
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    adapter = folder("adapter", base=root)
    (adapter / "adapter_config.json").write_text('{"base_model_name_or_path": "x"}')
    (root / "one.gguf").write_bytes(b"GGUF")
    (root / "notes").mkdir()
    (root / "notes" / "config.json").write_text("{}")
    model = await register(known)
    told = (await ask("POST", "models/scan", {"path": str(root)})).json
    assert told["complete"]
    found = {one["name"]: one for one in told["items"]}
    assert set(found) == {"known", "new", "pickled", "adapter", "one.gguf"}
    assert found["known"]["model_id"] == model["id"]
    assert (found["new"]["model_id"], found["new"]["model"]["license"]) == ("", "apache-2.0")
    assert found["new"]["where"] == "folder"
    assert found["pickled"]["convertible"] == "pickle"
    assert found["adapter"]["convertible"] == "adapter"
    assert found["one.gguf"]["convertible"] == "gguf"
    for name in ("pickled", "adapter", "one.gguf"):
        assert found[name]["model"] is None
        assert found[name]["refused"]["message_fa"]

    cache = tmp_path / "cache"
    repository = cache / "models--org--name"
    (repository / "blobs").mkdir(parents=True)
    snapshot = folder("0123abc", base=repository / "snapshots")
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    (repository / "blobs" / "q4").write_bytes(b"GGUF")
    (snapshot / "q4.gguf").symlink_to("../../blobs/q4")
    one, file = (await ask("POST", "models/scan", {})).json["items"]
    assert (file["name"], file["repo_id"], file["convertible"]) == ("q4.gguf", "org/name", "gguf")
    assert (one["where"], one["repo_id"], one["revision"]) == ("hub_cache", "org/name", "0123abc")
    registered = await register(snapshot)
    assert (registered["source"], registered["name"]) == ("hub", "org/name")
    assert (registered["repo_id"], registered["revision"]) == ("org/name", "0123abc")

    for path in (str(tmp_path / "nowhere"), "a\x00b"):
        answer = await ask("POST", "models/scan", {"path": path})
        assert (answer.status, answer.json["error"]["code"]) == (422, "model_not_a_folder")


async def test_side_by_side(ask, compare, folder, register):
    a = await register(folder("a"))
    b = await register(folder("b", max_position_embeddings=64))
    (b_dir := folder("c")).joinpath("tokenizer.json").write_text("{}")
    c = await register(b_dir)
    status, told = await compare(a["id"], b["id"], c["id"])
    assert status == 200, told
    assert [one["id"] for one in told["models"]] == [a["id"], b["id"], c["id"]]
    facts = {line["name"]: line for line in told["facts"]}
    assert facts["context_length"]["values"] == [128, 64, 128]
    assert facts["context_length"]["differs"]
    assert not facts["parameters"]["differs"]
    config = {line["name"]: line for line in told["config"]}
    assert config["rope_parameters.rope_theta"]["values"] == [10000.0] * 3
    assert [bool(one) for one in told["tokenizers"]] == [True, True, False]

    fertility = (await ask("GET", f"models/{a['id']}/tokenizer")).json
    assert fertility == told["tokenizers"][0]
    assert fertility["tokens_per_word"] > 1
    assert fertility["half_spaces_kept"]
    assert fertility["model_id"] == a["id"]
    unreadable = await ask("GET", f"models/{c['id']}/tokenizer")
    assert unreadable.json["error"]["code"] == "model_not_a_folder"
    for ids in ([], [a["id"]], [a["id"]] * 2, [a["id"], *"abcdefgh"]):
        assert (await compare(*ids))[0] == 422
    assert (await compare(a["id"], "nobody"))[0] == 404


def events_of(text):
    for block in filter(None, text.split("\n\n")):
        name, data = block.split("\n", 1)
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_models_answer_one_after_the_other(ask, service, folder, register):
    """Real engines; one model whose folder went says so, and the others still answer."""
    good, gone = await register(folder("a")), await register(broken := folder("b"))
    (broken / "model.safetensors").unlink()
    body = {"ids": [gone["id"], good["id"]], "prompt": "سلام", "max_new_tokens": 4}
    answer = await ask("POST", "models/compare/answers", body)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    events = list(events_of(answer.text))
    assert events[0][0] == "error"
    assert events[0][1]["model_id"] == gone["id"]
    assert events[0][1]["error"]["message_fa"]
    assert events[-1] == ("done", {})
    assert {data["model_id"] for _, data in events[1:-1]} == {good["id"]}
    (usage,) = [data for name, data in events if name == "usage"]
    assert 1 <= usage["completion_tokens"] <= 4
    assert service.engines.listed() == [], "what was not in memory before is not afterwards"
    body["ids"] = [good["id"], "nobody"]
    assert (await ask("POST", "models/compare/answers", body)).status == 404
