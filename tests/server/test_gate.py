"""The launch gate over HTTP: estimate, fit, rehearsal, and refusals with what would mend them."""

import time

import pytest

LARGE = {"hidden_size": 2048, "layers": 24, "heads": 16, "vocab_size": 32_000}


@pytest.fixture(scope="module")
def client(jupyter_server):
    return jupyter_server.client()


@pytest.fixture(scope="module")
def request_of(client, tmp_path_factory):
    """A request of a small pretraining with some options."""
    file = tmp_path_factory.mktemp("data") / "شعر.txt"
    file.write_text("الا یا ایها الساقی ادر کاسا و ناولها\n\n" * 60, "utf-8")
    dataset = client.post("datasets", json={"path": str(file)}).json()
    shape = {"vocab_size": 300, "hidden_size": 32, "layers": 1, "heads": 2}

    def made(**options):
        given = {"sequence_length": 32, "batch_size": 2, "shape": shape} | options
        return {"recipe": "pretrain", "dataset_id": dataset["id"], "options": given}

    return made


def test_an_estimate_says_how_sure_it_is(client, request_of):
    deadline = time.monotonic() + 120
    while True:  # the first answers may be guesses: the tokens are still being counted
        told = client.post("training/estimate", json=request_of()).json()
        if told["certainty"]["tokens"]["how"] == "measured" or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert told["certainty"]["tokens"]["how"] == "measured"
    assert told["fits"]
    assert sum(told["memory_parts"].values()) == told["memory_bytes"]
    assert [check["code"] for check in told["gate"]] == [
        "data", "model", "options", "memory", "disk"
    ]  # fmt: skip
    for check in told["gate"]:
        assert check["title"]["fa"]
        assert check["cause"]["fa"]


def test_a_run_that_cannot_fit_is_refused_with_the_change_that_would(client, request_of):
    ask = request_of(batch_size=4096, sequence_length=131_072, gradient_accumulation=1, epochs=1000)
    ask["options"]["shape"] = LARGE
    jobs = [job["id"] for job in client.get("training/jobs").json()["items"]]
    # The data is small, so that only the model's own size counts.
    ask["options"]["shape"] = {**LARGE, "hidden_size": 8192, "layers": 64, "heads": 64}
    refused = client.post("training/jobs", json=ask)
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["code"] == "too_little_memory"
    check = error["details"]["check"]
    assert check["ok"] is False
    assert check["mend"]["fa"]
    assert error["details"]["change"] == check["change"]
    assert [job["id"] for job in client.get("training/jobs").json()["items"]] == jobs


@pytest.mark.parametrize(
    ("options", "code", "change"),
    [
        ({"devices": 64}, "launch_refused", {"devices": 1}),
        ({"early_stopping": 2, "eval_fraction": 0}, "launch_refused", {"eval_fraction": 0.05}),
    ],
)
def test_what_would_fail_for_another_reason_is_refused_too(
    client, request_of, options, code, change
):
    refused = client.post("training/jobs", json=request_of(**options))
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["code"] == code
    assert error["details"]["change"] == change
    assert error["hint"]
    assert error["hint_fa"]
    told = client.post("training/estimate", json=request_of(**options)).json()
    assert told["fits"] is False


@pytest.mark.slow
def test_the_dial_and_one_real_step(client, request_of):
    ask = request_of(batch_size=64)
    fit = client.post("training/fit", json=ask).json()
    assert fit["estimate"]["fits"]
    assert {choice["option"] for choice in fit["chosen"]} >= {"batch_size", "precision"}
    ask["options"] |= fit["change"]
    told = client.post("training/rehearsal", json=ask).json()
    assert told["check"]["ok"] is True
    assert told["memory_bytes"] > 0
    assert told["seconds_per_step"] > 0
    assert told["steps"] > 0
    assert client.get("training/jobs").json()["items"] == []
    # From now on the same request is known by measurement.
    again = client.post("training/estimate", json=ask).json()
    assert again["certainty"]["memory_bytes"]["how"] == "measured"
    assert again["steps"] == told["steps"]


def test_a_rehearsal_is_refused_where_no_step_could_be_taken(client, request_of):
    refused = client.post("training/rehearsal", json=request_of(devices=64))
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "launch_refused"
