"""The engine as a process: its secret, its stream, its end."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import threading

import httpx
import pytest

from jupyter_persian_ai.inference.api import Completion, Engine

ASK = {"messages": [{"role": "user", "content": "می‌روم"}], "temperature": 0, "seed": 1}
LONG = ASK | {"max_tokens": 8000, "stream": True}


def events(response):
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield line.removeprefix("data: ")


def stream(client, **fields):
    with client.stream("POST", "/v1/chat/completions", json=ASK | {"stream": True} | fields) as r:
        assert r.status_code == 200
        assert r.headers["content-type"].startswith("text/event-stream")
        return list(events(r))


def test_health_and_models(engine, chat_model):
    health = engine.wait("ready")
    assert health["memory_bytes"] > 10**7
    assert health["error"] == ""
    with engine.client() as client:
        assert client.get("/v1/models").json()["data"][0]["id"] == chat_model.name


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/v1/chat/completions", "/", "/x"])
@pytest.mark.parametrize("secret", ["", "wrong", "رمز"])
def test_nothing_answers_without_the_secret(engine, path, secret):
    url = f"http://127.0.0.1:{engine.port}{path}"
    headers = {b"Authorization": f"Bearer {secret}".encode()} if secret else {}
    method = "POST" if path.endswith("completions") else "GET"
    response = httpx.request(method, url, headers=headers, trust_env=False)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthenticated"


def test_a_stream_ends_with_usage_and_done(engine):
    with engine.client() as client:
        *chunks, last, done = stream(client)
        whole = client.post("/v1/chat/completions", json=ASK).json()
    assert done == "[DONE]"
    text = "".join(json.loads(chunk)["choices"][0]["delta"]["content"] for chunk in chunks)
    assert text == whole["choices"][0]["message"]["content"]
    assert "\ufffd" not in text
    final = json.loads(last)
    assert final["choices"][0]["finish_reason"] == "stop"
    usage = final["usage"]
    assert usage["completion_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["context_length"] == 512
    assert usage["dropped_messages"] == 0
    assert usage["first_token_seconds"] > 0
    assert whole["usage"]["cached_tokens"] == usage["prompt_tokens"] - 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
        (ASK | {"temperature": 3}, "temperature"),
        (ASK | {"top_p": 0}, "top_p"),
        (ASK | {"max_tokens": 0}, "max_tokens"),
        ([], "body"),
    ],
)
def test_a_bad_request_names_its_field(engine, body, field):
    with engine.client() as client:
        response = client.post("/v1/chat/completions", json=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == "invalid_request"
    assert error["details"]["field"] == field
    assert error["message_fa"]


def test_an_unknown_route_is_404_in_our_shape(engine):
    with engine.client() as client:
        for response in (client.get("/nowhere"), client.post("/nowhere"), client.delete("/health")):
            assert response.status_code in {404, 405}
            assert response.json()["error"]["code"] == "not_found"


def test_unknown_fields_of_other_clients_are_ignored(engine):
    with engine.client() as client:
        asked = ASK | {"presence_penalty": 0, "n": 1, "max_completion_tokens": 2}
        answer = client.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 200
    assert answer.json()["usage"]["completion_tokens"] <= 2


def test_health_answers_while_writing_and_answers_queue(engine):
    texts = {}

    def ask(number):
        with engine.client() as client:
            texts[number] = stream(client, max_tokens=60)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    with engine.client() as client:
        while any(thread.is_alive() for thread in threads):
            assert client.get("/health").json()["state"] == "ready"
    assert len(texts) == 3
    contents = [
        "".join(json.loads(c)["choices"][0]["delta"].get("content", "") for c in chunks[:-1])
        for chunks in texts.values()
    ]
    assert len(set(contents)) == 1


def test_hanging_up_stops_the_answer(start_engine, endless_model):
    engine = start_engine(endless_model)
    engine.wait("ready")
    with engine.client() as client:
        with client.stream("POST", "/v1/chat/completions", json=LONG) as response:
            next(events(response))
        short = client.post("/v1/chat/completions", json=ASK | {"max_tokens": 1})
    assert short.json()["choices"][0]["finish_reason"] == "length"
    told = re.findall(r"answer (\w+): (\d+) tokens", engine.log.read_text())
    assert [ending for ending, _ in told] == ["cancelled", "length"]
    assert int(told[0][1]) < LONG["max_tokens"]


def test_a_queued_request_that_hung_up_is_not_written(chat_model):
    async def scene():
        engine = Engine(chat_model, 1)
        await engine.load()
        gone = threading.Event()
        gone.set()
        asked = Completion.model_validate(ASK)
        first = engine.start(asked, threading.Event())
        second = engine.start(asked, gone)
        for writing in (first, second):
            while await writing.pieces.get() is not None:
                pass
        return first.answer, second.answer

    first, second = asyncio.run(scene())
    assert first.ending == "stop"
    assert second.ending == "cancelled"
    assert second.usage.completion_tokens == 0


def test_a_model_that_cannot_be_loaded_says_why(start_engine, tmp_path):
    engine = start_engine(tmp_path)
    health = engine.wait("failed")
    assert "config.json" in health["error"]
    with engine.client() as client:
        answer = client.post("/v1/chat/completions", json=ASK)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "engine_failed"


def test_the_end_of_stdin_ends_it_even_while_writing(start_engine, endless_model):
    engine = start_engine(endless_model)
    engine.wait("ready")
    with engine.client() as client, client.stream("POST", "/v1/chat/completions", json=LONG) as r:
        next(events(r))
        engine.process.stdin.close()
        assert engine.process.wait(30) == 0
    assert "Traceback" not in engine.log.read_text()


def test_the_secret_is_in_no_argument(engine):
    ps = subprocess.run(
        ["cat", f"/proc/{engine.process.pid}/cmdline", f"/proc/{engine.process.pid}/environ"],
        capture_output=True,
        check=True,
    )
    assert b"a-secret" not in ps.stdout
