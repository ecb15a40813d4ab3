"""A classifier over HTTP: trained on labels, judged on test data, offered where it belongs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

FEW = {
    "epochs": 1, "max_steps": 8, "batch_size": 4, "sequence_length": 32, "eval_every": 4,
    "checkpoint_every": 4, "precision": "fp32",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(jupyter_server):
    return jupyter_server.client()


def upload(client, name, rows):
    answer = client.post("datasets", files={"file": (name, rows.encode(), "text/csv")})
    assert answer.status_code == 201, answer.text
    return answer.json()


def finished(client, job, wait_for):
    def done():
        now = client.get(f"training/jobs/{job['id']}").json()
        return now if now["state"] in {"completed", "failed", "stopped"} else None

    ended = wait_for(done)
    assert ended["state"] == "completed", ended["error"]
    return ended


def start(client, **ask):
    return client.post("training/jobs", json=ask)


@pytest.fixture(scope="module")
def base(client, wait_for_module):
    """A tiny model of Hafez' verses."""
    data = client.post("datasets", json={"sample": "ghazals"}).json()
    options = FEW | {"shape": {"vocab_size": 400, "hidden_size": 32, "layers": 1, "heads": 2}}
    answer = start(client, recipe="pretrain", dataset_id=data["id"], options=options)
    job = finished(client, answer.json(), wait_for_module)
    return client.get(f"models/{job['id']}").json() | {"dataset": data}


@pytest.fixture(scope="module")
def wait_for_module():
    import time

    def wait(condition, seconds=180.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.2)
        raise AssertionError("waited in vain")

    return wait


@pytest.fixture(scope="module")
def judged(client, base, wait_for_module):
    """A classifier that was judged on test data; its job."""
    rows = "\n".join(f"باران {i} و دریا\tآب\nآتش {i} و دود\tگرم" for i in range(40))
    data = upload(client, "train.csv", f"text\tlabel\n{rows}\n")
    test = upload(client, "test.csv", "text\tlabel\nباران آمد\tآب\nآتش بود\tگرم\nدریا\tآب\n")
    assert data["shape"] == "text_label"
    answer = start(
        client, recipe="classify", dataset_id=data["id"], model_id=base["id"], options=FEW,
        test_dataset_id=test["id"],
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    job = finished(client, answer.json(), wait_for_module)
    return job | {"data": data, "test": test}


def test_the_result_is_judged_on_the_test_data(judged):
    figures = judged["result"]["figures"]
    assert 0 <= figures["test_accuracy"] <= 1
    evaluation = judged["evaluation"]
    assert evaluation["test"]
    assert evaluation["labels"] == ["آب", "گرم"]
    assert sum(map(sum, evaluation["confusion"])) == 3
    assert {"eval_accuracy", "eval_macro_f1", "accuracy", "mfu"} <= judged["latest"].keys()


def test_a_classifier_is_one(client, judged, base):
    model = client.get(f"models/{judged['id']}").json()
    assert model["task"] == "text-classification"
    assert base["task"] == "text-generation"


def test_a_classifier_cannot_be_talked_to(client, judged):
    answer = client.post("chat/conversations", json={"model_id": judged["id"]})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "model_unsupported"
    assert "causal" in error["hint"]
    assert client.post(f"chat/engines/{judged['id']}/load").status_code == 422


def test_text_is_not_learned_on_a_classifier(client, judged, base):
    answer = start(
        client, recipe="pretrain", dataset_id=base["dataset"]["id"], model_id=judged["id"],
        options=FEW,
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "model_unsupported"


def test_a_classifier_may_learn_on(client, judged, wait_for_module):
    answer = start(
        client, recipe="classify", dataset_id=judged["data"]["id"], model_id=judged["id"],
        options=FEW,
    )  # fmt: skip
    finished(client, answer.json(), wait_for_module)


def test_test_data_of_another_shape_is_refused(client, judged, base):
    answer = start(
        client, recipe="classify", dataset_id=judged["data"]["id"], model_id=base["id"],
        options=FEW, test_dataset_id=base["dataset"]["id"],
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "dataset_fields"


def test_recipes_say_what_they_continue_from(client):
    recipes = {recipe["id"]: recipe for recipe in client.get("training/recipes").json()["items"]}
    assert recipes["sft"]["model_tasks"] == ["text-generation"]
    assert "feature-extraction" in recipes["classify"]["model_tasks"]
    assert not recipes["dpo"]["takes_test"]
