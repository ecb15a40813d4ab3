"""The normaliser over HTTP, and a recipe on its way from data to model to chat."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_persian_ai.persian import backends, recipe_file
from jupyter_persian_ai.persian.normaliser import normalise
from jupyter_persian_ai.protocol.normaliser import NormaliserRecipe

FEW = {
    "epochs": 1, "max_steps": 6, "batch_size": 4, "sequence_length": 32, "eval_every": 3,
    "checkpoint_every": 3, "precision": "fp32",
    "shape": {"vocab_size": 320, "hidden_size": 32, "layers": 1, "heads": 2},
}  # fmt: skip
LATIN = {"digits": "latin"}


@pytest.fixture(scope="module")
def client(jupyter_server):
    return jupyter_server.client()


def test_what_can_be_chosen(client):
    told = client.get("persian/normalisers").json()
    assert told["default"] == NormaliserRecipe().model_dump(mode="json")
    for step in told["steps"]:
        assert step["example_before"] != step["example_after"]
        assert step["title"]["fa"]
        assert step["help"]["fa"]
    installed = {one["id"]: one["installed"] for one in told["backends"]}
    assert installed["own"]
    assert set(installed) == {"own", *backends.OTHERS}


def test_a_text_is_normalised_and_the_steps_are_told(client):
    answer = client.post("persian/normalise", json={"text": "كتاب ها , 12"})
    assert answer.status_code == 200
    told = answer.json()
    assert told["text"] == "کتاب‌ها، ۱۲"
    assert told["counts"]["letters"] == 1
    assert told["changes"][0] == {
        "step": "letters", "start": 0, "end": 1, "before": "ك", "after": "ک",
    }  # fmt: skip
    plain = client.post("persian/normalise", json={"text": "1", "recipe": {"digits": "keep"}})
    assert plain.json()["text"] == "1"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": 3}, "invalid_field"),
        ({}, "invalid_field"),
        ({"text": "ا" * 100_001}, "invalid_field"),
        ({"text": "", "recipe": {"version": 2}}, "invalid_field"),
        ({"text": "", "recipe": {"leters": True}}, "invalid_field"),
        ({"text": "", "recipe": {"backend": "shell"}}, "invalid_field"),
    ],
)
def test_what_makes_no_sense_is_refused(client, body, code):
    answer = client.post("persian/normalise", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == code


@pytest.mark.parametrize("name", backends.OTHERS)
def test_another_back_end(client, name):
    answer = client.post("persian/normalise", json={"text": "كتاب", "recipe": {"backend": name}})
    if backends.installed(name):
        assert answer.json()["text"] == "کتاب"
        return
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "normaliser_missing"
    assert name in error["message_fa"]


@pytest.fixture(scope="module")
def finish(client, wait_for):
    def until(path):
        def ended():
            now = client.get(path).json()
            return now if now["state"] in {"completed", "failed", "stopped"} else None

        job = wait_for(ended, 240)
        assert job["state"] == "completed", job["error"]
        return job

    return until


@pytest.fixture(scope="module")
def dataset(client, finish):
    rows = "".join(
        json.dumps({"text": f"كتاب ها را مي خوانم ، {number} بار"}, ensure_ascii=False) + "\n"
        for number in range(60)
    )
    answer = client.post("datasets", files={"file": ("messy.jsonl", rows.encode())})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    steps = {"steps": [{"kind": "normalise", "recipe": {}}]}
    job = client.post(f"datasets/{made['id']}/versions", json=steps)
    assert job.status_code == 202, job.text
    finish(f"datasets/jobs/{job.json()['id']}")
    return client.get(f"datasets/{made['id']}").json()


@pytest.fixture(scope="module")
def trained(client, finish, dataset):
    ask = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": FEW}
    told = client.post("training/estimate", json=ask).json()
    assert "normaliser" in [check["code"] for check in told["gate"]]
    job = client.post("training/jobs", json=ask)
    assert job.status_code == 201, job.text
    return finish(f"training/jobs/{job.json()['id']}")


@pytest.mark.slow
class TestTheWay:
    """A messy file becomes version 1, its normalised form version 2; both are trained on."""

    def test_the_newest_version_is_trained_on_and_recorded(self, client, dataset, trained):
        assert dataset["version"] == 2
        recipe = NormaliserRecipe().model_dump(mode="json")
        assert dataset["normaliser"] == recipe
        assert trained["inputs"]["dataset_version"] == 2
        assert trained["inputs"]["dataset_sha256"] == dataset["sha256"]
        assert trained["inputs"]["normaliser"] == recipe

    def test_the_model_knows_its_recipe(self, client, trained):
        model = client.get(f"models/{trained['id']}").json()
        assert model["normaliser"] == NormaliserRecipe().model_dump(mode="json")
        assert recipe_file.read(Path(model["path"])) == NormaliserRecipe()
        again = client.post("models", json={"path": model["path"], "name": "همان"}).json()
        assert again["normaliser"] == model["normaliser"]
        assert client.get(f"models/{again['id']}").json()["normaliser"] == model["normaliser"]
        client.delete(f"models/{again['id']}")

    def test_an_older_version_is_trained_on_and_the_models_recipe_applies(
        self, client, finish, dataset, trained
    ):
        ask = {
            "recipe": "pretrain", "dataset_id": dataset["id"], "dataset_version": 1,
            "model_id": trained["id"],
            "options": {key: value for key, value in FEW.items() if key != "shape"},
        }  # fmt: skip
        job = client.post("training/jobs", json=ask)
        assert job.status_code == 201, job.text
        ended = finish(f"training/jobs/{job.json()['id']}")
        assert ended["inputs"]["dataset_version"] == 1
        assert ended["inputs"]["dataset_sha256"] != dataset["sha256"]
        assert ended["inputs"]["normaliser"] == NormaliserRecipe().model_dump(mode="json")

    def test_no_such_version(self, client, dataset):
        ask = {"recipe": "pretrain", "dataset_id": dataset["id"], "dataset_version": 9}
        assert client.post("training/jobs", json=ask | {"options": FEW}).status_code == 404

    def test_another_recipe_than_the_models_is_warned_of(self, client, finish, dataset, trained):
        steps = {"version": 1, "steps": [{"kind": "normalise", "recipe": LATIN}]}
        job = client.post(f"datasets/{dataset['id']}/versions", json=steps).json()
        number = finish(f"datasets/jobs/{job['id']}")["result"]["number"]
        ask = {
            "recipe": "pretrain", "dataset_id": dataset["id"], "dataset_version": number,
            "model_id": trained["id"],
            "options": {key: value for key, value in FEW.items() if key != "shape"},
        }  # fmt: skip
        told = client.post("training/estimate", json=ask).json()
        check = next(check for check in told["gate"] if check["code"] == "normaliser")
        assert check["ok"] is None
        assert "digits" in check["cause"]["fa"]
        assert told["fits"]

    def test_chat_keeps_what_was_written(self, client, trained):
        text = "كتاب ها را مي خوانم ، 3"
        assert normalise(text) != text
        ask = {"model_id": trained["id"], "sampling": {"max_new_tokens": 4, "seed": 1}}
        conversation = client.post("chat/conversations", json=ask).json()
        path = f"chat/conversations/{conversation['id']}"

        def say(words):
            with client.stream("POST", f"{path}/messages", json={"text": words}) as answer:
                for _ in answer.iter_lines():
                    pass
            return client.get(path).json()["messages"]

        messages = say(text)
        assert messages[0]["text"] == text
        other = client.post("chat/conversations", json=ask).json()
        path = f"chat/conversations/{other['id']}"
        clean = say(normalise(text))
        assert clean[1]["text"] == messages[1]["text"]
        assert clean[1]["usage"]["prompt_tokens"] == messages[1]["usage"]["prompt_tokens"]

    def test_a_back_end_that_is_not_here_is_refused_before_anything_is_queued(
        self, client, dataset
    ):
        absent = next((name for name in backends.OTHERS if not backends.installed(name)), None)
        if absent is None:
            pytest.skip("all are installed")
        steps = {"steps": [{"kind": "normalise", "recipe": {"backend": absent}}]}
        refused = client.post(f"datasets/{dataset['id']}/versions", json=steps)
        assert refused.status_code == 422
        assert refused.json()["error"]["code"] == "normaliser_missing"
