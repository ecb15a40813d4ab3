"""The main job over HTTP, on a real server with a real worker and a real engine."""

import contextlib
import io
import json
import os
import signal
import threading
import zipfile

import httpx
import psutil
import pytest
import websocket

pytestmark = pytest.mark.slow


def frames_of(server, topics, since):
    """A socket subscribed to `topics`; `since` is the number of the snapshot."""
    connection = websocket.create_connection(
        server.socket,
        header=[f"Authorization: token {server.token}"],
        timeout=120,
        http_no_proxy=["*"],
    )
    hello = json.loads(connection.recv())
    assert hello["type"] == "hello"
    connection.send(json.dumps({"subscribe": topics, "since": since}))
    return connection, hello


def until_ended(connection, topic):
    """All frames up to the end of the job."""
    frames = []
    while True:
        frames.append(json.loads(connection.recv()))
        last = frames[-1]
        state = last["data"]["state"] if last.get("type") == "state" else ""
        if last.get("topic") == topic and state in {"completed", "failed", "stopped"}:
            return frames


def sse(response):
    """`(event, data)` of a stream of server-sent events."""
    name = None
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.fixture(scope="module")
def client(jupyter_server):
    return jupyter_server.client()


@pytest.fixture(scope="module")
def dataset(client):
    answer = client.post("datasets", json={"sample": "ghazals"})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def trained(jupyter_server, client, dataset):
    """A job that ran to its end, its frames, and the model that came of it."""
    options = {
        "epochs": 1, "max_steps": 10, "batch_size": 2, "sequence_length": 32,
        "eval_every": 5, "checkpoint_every": 4, "precision": "fp32",
        "shape": {"vocab_size": 320, "hidden_size": 32, "layers": 1, "heads": 2},
    }  # fmt: skip
    ask = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": options, "name": "تمرین"}
    assert client.post("training/estimate", json=ask).json()["fits"]
    answer = client.post("training/jobs", json=ask, headers={"Idempotency-Key": "one"})
    assert answer.status_code == 201, answer.text
    job = answer.json()
    topics = [f"job:{job['id']}", "jobs", "models", "notifications"]
    connection, _ = frames_of(jupyter_server, topics, job["seq"])
    frames = until_ended(connection, f"job:{job['id']}")
    connection.settimeout(60)
    while not any(frame["topic"] == "notifications" for frame in frames):
        frames.append(json.loads(connection.recv()))
    connection.close()
    job = client.get(f"training/jobs/{job['id']}").json()
    assert job["state"] == "completed", job["error"]
    return job, frames


def test_the_training_was_told_live_and_whole(client, trained):
    job, frames = trained
    own = [frame for frame in frames if frame["topic"] == f"job:{job['id']}"]
    states = [frame["data"]["state"] for frame in own if frame["type"] == "state"]
    assert states == ["starting", "loading", "running", "completed"]
    numbers = [frame["seq"] for frame in frames]
    assert numbers == sorted(set(numbers)), "no event twice, none out of order"
    live = [
        (name, step)
        for frame in own
        if frame["type"] == "metrics"
        for name, step, _ in frame["data"]["points"]
    ]
    assert len(live) == len(set(live))
    metrics = client.get(f"training/jobs/{job['id']}/metrics").json()
    kept = {(s["name"], step) for s in metrics["series"] for step in s["steps"]}
    assert kept == set(live)
    assert ("loss", 10) in kept
    some = client.get(f"training/jobs/{job['id']}/metrics", params={"names": "loss, grad_norm"})
    assert {s["name"] for s in some.json()["series"]} == {"loss", "grad_norm"}
    assert {"progress", "checkpoint", "sample", "log"} <= {frame["type"] for frame in own}


def test_the_job_page(client, trained):
    job, _ = trained
    path = f"training/jobs/{job['id']}"
    logs = client.get(f"{path}/logs", params={"limit": 2}).json()
    assert len(logs["items"]) == 2
    rest = client.get(f"{path}/logs", params={"limit": 1000, "cursor": logs["next_cursor"]}).json()
    assert rest["items"][0]["seq"] > logs["items"][-1]["seq"]
    assert rest["next_cursor"] is None
    assert client.get(f"{path}/checkpoints").json()["items"]
    figure = client.get(f"{path}/figure", params={"theme": "dark", "lang": "fa"}).json()
    assert figure["doc"]["roots"]
    with zipfile.ZipFile(io.BytesIO(client.get(f"{path}/download").content)) as archive:
        assert archive.testzip() is None
        names = {name.split("/", 1)[1] for name in archive.namelist()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names


def test_the_model_is_known_and_the_notice_written(client, trained):
    job, frames = trained
    model = client.get(f"models/{job['id']}").json()
    assert (model["name"], model["source"], model["job_id"]) == ("تمرین", "trained", job["id"])
    assert model["parameters"] > 0
    assert any(f["topic"] == "models" and f["type"] == "created" for f in frames)
    (notice,) = [f["data"] for f in frames if f["topic"] == "notifications"]
    assert notice["kind"] == "job_completed"
    assert "تمرین" in notice["title"]["fa"]
    assert client.get("notifications", params={"unread": "true"}).json()["items"]
    assert client.post(f"notifications/{notice['id']}/read").json()["read"]
    assert not client.get("notifications", params={"unread": "true"}).json()["items"]
    activity = client.get("monitoring/activity").json()["items"]
    assert any(one["id"] == job["id"] and one["state"] == "completed" for one in activity)


def test_the_same_folder_can_be_registered(client, trained):
    job, _ = trained
    path = client.get(f"models/{job['id']}").json()["path"]
    seen = client.post("models/detect", json={"path": path}).json()
    answer = client.post("models", json={"path": path, "name": "نسخهٔ من"})
    assert answer.status_code == 201, answer.text
    model = answer.json()
    assert (model["name"], model["source"]) == ("نسخهٔ من", "path")
    assert seen["architecture"] == model["architecture"]
    renamed = client.patch(f"models/{model['id']}", json={"name": "دیگر"}).json()
    assert renamed["name"] == "دیگر"


class TestChat:
    @pytest.fixture
    def conversation(self, client, trained):
        ask = {
            "model_id": trained[0]["id"],
            "system": "کوتاه بنویس",
            "sampling": {"max_new_tokens": 24, "seed": 3},
        }
        answer = client.post("chat/conversations", json=ask)
        assert answer.status_code == 201, answer.text
        return f"chat/conversations/{answer.json()['id']}"

    def test_an_answer_is_streamed_and_kept(self, client, conversation):
        text = "سلام! می‌شود شعری بگویی؟"
        with client.stream("POST", f"{conversation}/messages", json={"text": text}) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            events = list(sse(answer))
        names = [name for name, _ in events]
        assert names[:2] == ["message", "message"]
        assert names[-2:] == ["usage", "done"]
        assert set(names[2:-2]) == {"token"}
        streamed = "".join(data["text"] for name, data in events if name == "token")
        final = events[-1][1]["message"]
        assert final["text"] == streamed
        assert final["state"] == "done"
        kept = client.get(conversation).json()["messages"]
        assert [(m["role"], m["text"]) for m in kept] == [("user", text), ("assistant", streamed)]
        assert kept[1]["usage"]["completion_tokens"] > 0
        engines = client.get("chat/engines").json()["items"]
        assert engines[0]["state"] == "ready"

    def test_the_history_is_the_context(self, client, conversation):
        def prompt_tokens(text):
            with client.stream("POST", f"{conversation}/messages", json={"text": text}) as answer:
                return dict(sse(answer))["usage"]["prompt_tokens"]

        first = prompt_tokens("یک")
        assert prompt_tokens("یک") > first

    def test_regenerate_replaces_the_last_answer(self, client, conversation):
        assert client.post(f"{conversation}/regenerate").status_code == 409
        client.post(f"{conversation}/messages", json={"text": "سلام"})
        before = client.get(conversation).json()["messages"]
        client.patch(conversation, json={"sampling": {"max_new_tokens": 8, "seed": 4}})
        with client.stream("POST", f"{conversation}/regenerate") as answer:
            events = list(sse(answer))
        assert events[0][0] == "message"
        after = client.get(conversation).json()["messages"]
        assert len(after) == len(before) == 2
        assert after[0] == before[0]
        assert after[1]["id"] != before[1]["id"]

    def test_stop_keeps_the_text_so_far(self, client, conversation, wait_for):
        # Greedy and long, so that there is something to stop.
        sampling = {"max_new_tokens": 8192, "temperature": 1.5, "seed": 1}
        client.patch(conversation, json={"sampling": sampling})
        seen = []

        def read():
            with client.stream("POST", f"{conversation}/messages", json={"text": "بگو"}) as answer:
                seen.extend(sse(answer))

        reader = threading.Thread(target=read)
        reader.start()
        wait_for(lambda: len(client.get(conversation).json()["messages"]) == 2)
        busy = client.post(f"{conversation}/messages", json={"text": "دوم"})
        stopped = client.post(f"{conversation}/stop")
        reader.join(60)
        assert not reader.is_alive()
        assert stopped.status_code == 200
        message = client.get(conversation).json()["messages"][1]
        assert message["state"] in {"stopped", "done"}
        if message["state"] == "stopped":
            assert busy.status_code == 409
        assert seen[-1][0] == "done"
        assert seen[-1][1]["message"]["text"] == message["text"]

    def test_a_browser_that_goes_away_loses_nothing(self, jupyter_server, conversation, wait_for):
        leaving, staying = jupyter_server.client(), jupyter_server.client()
        with leaving.stream("POST", f"{conversation}/messages", json={"text": "بگو"}) as answer:
            next(sse(answer))
        leaving.close()
        ended = wait_for(
            lambda: [
                message
                for message in staying.get(conversation).json()["messages"]
                if message["role"] == "assistant" and message["state"] == "done"
            ]
        )
        assert ended[0]["usage"]["completion_tokens"] > 0

    def test_unload_and_load(self, client, trained, wait_for):
        model = trained[0]["id"]
        assert client.post(f"chat/engines/{model}/unload").status_code == 204
        assert client.get("chat/engines").json()["items"] == []
        assert client.post(f"chat/engines/{model}/load").status_code == 202
        wait_for(lambda: client.get("chat/engines").json()["items"][0]["state"] == "ready")

    def test_a_model_that_cannot_be_loaded_says_so(self, client, trained, tmp_path):
        import shutil

        source = client.get(f"models/{trained[0]['id']}").json()["path"]
        folder = tmp_path / "copy"
        shutil.copytree(source, folder)
        model = client.post("models", json={"path": str(folder)}).json()
        shutil.rmtree(folder)
        made = client.post("chat/conversations", json={"model_id": model["id"]}).json()
        path = f"chat/conversations/{made['id']}"
        with client.stream("POST", f"{path}/messages", json={"text": "سلام"}) as answer:
            name, data = list(sse(answer))[-1]
        assert name == "error"
        assert data["code"] == "engine_failed"
        assert data["message_fa"]
        messages = client.get(path).json()["messages"]
        assert messages[0]["text"] == "سلام"
        assert messages[1]["state"] == "error"

    def test_delete(self, client, conversation):
        assert client.delete(conversation).status_code == 204
        assert client.get(conversation).status_code == 404
        assert client.delete("chat/conversations").status_code == 204
        assert client.get("chat/conversations").json()["items"] == []


class TestDatasets:
    def test_upload_preview_and_download(self, client):
        rows = "\n".join(f'{{"text": "سطر {n} می‌آید"}}' for n in range(50))
        files = {"file": ("سطرها.jsonl", rows.encode(), "application/json")}
        answer = client.post("datasets", files=files, data={"name": "سطرها"})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["name"], made["source"], made["shape"]) == ("سطرها", "upload", "text")
        path = f"datasets/{made['id']}"
        page = client.get(f"{path}/preview", params={"offset": 10, "limit": 5}).json()
        assert page["rows"][0] == {"text": "سطر 10 می‌آید"}
        assert page["total"] == 50
        assert client.get(f"{path}/preview", params={"q": "سطر 49"}).json()["total"] == 1
        assert client.get(f"{path}/stats").json()["half_spaces"] == 50
        lines = client.get(f"{path}/download").content.decode().splitlines()
        assert [json.loads(line) for line in lines][-1] == {"text": "سطر 49 می‌آید"}
        assert client.patch(path, json={"name": "نو"}).json()["name"] == "نو"

    def test_content_is_kept_once_and_goes_with_its_last_user(self, client, jupyter_server):
        files = {"file": ("a.txt", "یک متن تنها\n".encode() * 9)}
        first = client.post("datasets", files=files).json()
        second = client.post("datasets", files=files).json()
        assert first["sha256"] == second["sha256"]
        folder = jupyter_server.data_dir / "datasets" / first["sha256"]
        assert client.delete(f"datasets/{first['id']}").status_code == 204
        assert folder.is_dir()
        assert client.delete(f"datasets/{second['id']}").status_code == 204
        assert not folder.exists()
        assert not list((jupyter_server.data_dir / "incoming").iterdir())

    def test_fields_are_mapped(self, client):
        table = "پرسش,پاسخ\nپایتخت ایران؟,تهران\nرنگ آسمان؟,آبی\n"
        data = {"shape": "prompt_answer", "fields": '{"prompt": "پرسش", "answer": "پاسخ"}'}
        answer = client.post("datasets", files={"file": ("q.csv", table.encode())}, data=data)
        assert answer.status_code == 201, answer.text
        assert answer.json()["report"]["preview"][0] == {
            "prompt": "پایتخت ایران؟",
            "answer": "تهران",
        }


def test_the_presets_know_what_is_here(client, dataset):
    presets = client.get("training/presets").json()["items"]
    assert presets[0]["ask"]["dataset_id"] == dataset["id"]
    answer = client.post("training/estimate", json=presets[0]["ask"])
    assert answer.status_code == 200, answer.text


def test_the_machine_is_shown_live(jupyter_server):
    connection, _ = frames_of(jupyter_server, ["system"], 0)
    frames = [json.loads(connection.recv()) for _ in range(2)]
    connection.close()
    assert all(frame["topic"] == "system" and frame["seq"] == 0 for frame in frames)
    assert frames[0]["data"]["memory_total"] > 0


def test_frames_that_make_no_sense(jupyter_server):
    connection, _ = frames_of(jupyter_server, ["jobs"], 0)
    for frame in ("{", "[]", '{"subscribe": "jobs"}', '{"subscribe": ["everything"]}',
                  '{"subscribe": ["job:nothing"]}', '{"token": "x"}'):  # fmt: skip
        connection.send(frame)
        while True:
            answer = json.loads(connection.recv())
            if answer["type"] == "error":
                break
        assert answer["error"]["message_fa"]
    connection.send("x" * 70_000)
    opcode, data = None, b""
    # Closed with "too big", or cut off while we still send: the frame is not taken either way.
    with contextlib.suppress(OSError):
        while opcode != websocket.ABNF.OPCODE_CLOSE:
            opcode, data = connection.recv_data(control_frame=True)
        assert int.from_bytes(data[:2], "big") == 1009
    connection.shutdown()


def test_the_addresss_cursor_and_epoch(jupyter_server, client, trained):
    head = [f"Authorization: token {jupyter_server.token}"]

    def connect(query):
        connection = websocket.create_connection(
            f"{jupyter_server.socket}?{query}", header=head, timeout=60, http_no_proxy=["*"]
        )
        return connection, json.loads(connection.recv())

    connection, hello = connect("")
    connection.close()
    connection, _ = connect(f"cursor=0&epoch={hello['epoch']}")
    connection.send(json.dumps({"subscribe": ["models"]}))
    event = json.loads(connection.recv())
    assert (event["topic"], event["type"]) == ("models", "created")
    connection.close()
    for query in ("cursor=0&epoch=another", f"cursor=99999999&epoch={hello['epoch']}"):
        connection, hello = connect(query)
        assert json.loads(connection.recv()) == {"type": "resync", "seq": hello["seq"]}
        connection.close()


def test_a_killed_server_loses_nothing(jupyter, tiny_options, wait_for):
    """kill -9 of the server in the middle: the worker goes on and is adopted; no event is lost."""
    first = jupyter()
    client = first.client()
    dataset = client.post("datasets", json={"sample": "ghazals"}).json()
    options = tiny_options | {"max_steps": 400, "epochs": 1000, "eval_every": 400}
    options |= {"checkpoint_every": 50}
    ask = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": options}
    job = client.post("training/jobs", json=ask).json()
    path, topic = f"training/jobs/{job['id']}", f"job:{job['id']}"
    connection, hello = frames_of(first, [topic], job["seq"])
    frames = []
    with contextlib.suppress(websocket.WebSocketException, OSError):
        while True:
            frames.append(json.loads(connection.recv()))
            if frames[-1]["type"] == "metrics":
                first.kill()
    connection.close()
    second = jupyter(data_dir=first.data_dir)
    connection, again = frames_of(second, [topic], frames[-1]["seq"])
    assert again["epoch"] == hello["epoch"]
    frames += until_ended(connection, topic)
    connection.close()
    assert frames[-1]["data"]["state"] == "completed"
    numbers = [frame["seq"] for frame in frames]
    assert numbers == sorted(set(numbers))
    steps = [
        step
        for frame in frames
        if frame["type"] == "metrics"
        for name, step, _ in frame["data"]["points"]
        if name == "loss"
    ]
    assert steps == list(range(1, 401))
    assert second.client().get(path).json()["attempt"] == 1, "adopted, not started again"


def test_stop_resume_and_delete(jupyter_server, client, dataset, tiny_options, wait_for):
    options = tiny_options | {"max_steps": 5000, "epochs": 1000, "eval_every": 5000}
    options |= {"checkpoint_every": 1000}
    ask = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": options}
    job = client.post("training/jobs", json=ask).json()
    path = f"training/jobs/{job['id']}"
    wait_for(lambda: client.get(path).json()["progress"]["done"] > 0)
    assert client.post(f"{path}/stop").status_code == 200
    wait_for(lambda: client.get(path).json()["state"] == "stopped")
    done = client.get(path).json()["progress"]["done"]
    assert client.get(f"{path}/checkpoints").json()["items"], "what was learned is kept"
    assert client.post(f"{path}/resume").json()["state"] == "queued"
    wait_for(lambda: client.get(path).json()["progress"]["done"] > done)
    client.post(f"{path}/stop")
    wait_for(lambda: client.get(path).json()["state"] == "stopped")
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert not (jupyter_server.data_dir / "jobs" / job["id"]).exists()


def test_the_engine_ends_with_its_server(jupyter, tmp_path, wait_for, client, trained):
    """Even when the server is killed: nobody is left holding a model in memory."""
    model = client.get(f"models/{trained[0]['id']}").json()
    server = jupyter()
    other = server.client()
    mine = other.post("models", json={"path": model["path"]}).json()
    other.post(f"chat/engines/{mine['id']}/load")
    wait_for(lambda: other.get("chat/engines").json()["items"][0]["state"] == "ready")
    engines = [
        process
        for process in psutil.Process(server.process.pid).children(recursive=True)
        if any("inference.engine" in word for word in process.cmdline())
    ]
    assert engines
    environment = engines[0].environ()
    assert not any("TOKEN" in name for name in environment)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(30)
    wait_for(lambda: not any(process.is_running() for process in engines))


def test_requests_are_measured(client):
    client.get("me")
    figures = client.get("monitoring/metrics").json()
    me = next(r for r in figures["routes"] if r["route"] == "me" and r["method"] == "GET")
    assert me["count"] >= 1
    assert me["p50_ms"] <= me["p99_ms"]
    text = client.get("monitoring/prometheus")
    assert text.headers["Content-Type"].startswith("text/plain")
    assert 'route="me"' in text.text


def test_the_home_address_opens_jupyterlab_on_our_panel(jupyter_server):
    with httpx.Client(base_url=jupyter_server.url, trust_env=False) as browser:
        answer = browser.get("persian-ai", params={"token": jupyter_server.token})
        assert answer.status_code == 302
        assert answer.headers["Location"] == "/lab?persian-ai=home"
        assert "token" not in answer.headers["Location"]
