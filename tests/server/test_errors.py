"""Whatever fails has one shape, names what is wrong in both languages, and starts nothing."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from jupyter_persian_ai import errors

SHAPE = {"code", "message", "message_fa", "hint", "hint_fa", "details"}


def refused(answer, status, code):
    assert answer.status == status, answer.text
    assert set(answer.json) == {"error"}
    error = answer.json["error"]
    assert set(error) == SHAPE
    assert error["code"] == code
    assert error["message"]
    assert any("\u0600" <= letter <= "\u06ff" for letter in error["message_fa"])
    assert "Traceback" not in answer.text
    return error


def multipart(name, content, **fields):
    """A body with one file, and its headers."""
    parts = [
        f'--=b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    parts.append(
        f'--=b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n--=b--\r\n"
    )
    return {
        "raw": b"".join(parts),
        "headers": {"Content-Type": 'multipart/form-data; boundary="=b"'},
    }


@pytest.fixture(scope="module")
def ask(jupyter_server):
    """`ask("POST", "training/jobs", {...})` gives status, JSON body and headers."""
    client = jupyter_server.client()

    def send(method, path, body=None, *, headers=None, raw=None, **params):
        content = raw
        if content is None and method not in {"GET", "HEAD", "DELETE"}:
            content = json.dumps(body or {}).encode()
        answer = client.request(method, path, content=content, headers=headers, params=params)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return SimpleNamespace(
            status=answer.status_code,
            json=answer.json() if is_json and answer.content else None,
            text=answer.text,
            headers=answer.headers,
        )

    return send


@pytest.fixture(scope="module")
def incoming(jupyter_server):
    """The folder of what is being imported; empty when nothing is."""
    return jupyter_server.data_dir / "incoming"


@pytest.fixture(scope="module")
def dataset(ask, tmp_path_factory):
    """A small dataset of raw text."""
    file = tmp_path_factory.mktemp("data") / "شعر.txt"
    file.write_text("الا یا ایها الساقی ادر کاسا و ناولها\n" * 200, "utf-8")
    return ask("POST", "datasets", {"path": str(file)}).json


# --- requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b'{"a":1', b"[" * 100_000, b"NaN,"])
def test_not_json(ask, raw):
    answer = ask("PATCH", "settings", raw=raw)
    assert refused(answer, 400, "invalid_request")["details"]["field"] == "body"


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_json_that_is_no_object(ask, body):
    raw = json.dumps(body).encode()
    refused(ask("PATCH", "settings", raw=raw), 400, "invalid_request")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "de"}, "language"),
        ({"concurrent_jobs": 0}, "concurrent_jobs"),
        ({"concurrent_jobs": "many"}, "concurrent_jobs"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(ask, body, field):
    error = refused(ask("PATCH", "settings", body), 422, "invalid_field")
    assert error["details"]["field"] == field


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("datasets", {"limit": "0"}, "limit"),
        ("datasets", {"limit": "x"}, "limit"),
        ("training/jobs", {"state": "dancing"}, "state"),
        ("notifications", {"unread": "perhaps"}, "unread"),
        ("monitoring/activity", {"status": "x"}, "status"),
    ],
)
def test_a_wrong_parameter_is_named(ask, path, params, field):
    error = refused(ask("GET", path, **params), 422, "invalid_field")
    assert error["details"]["field"] == field


@pytest.mark.parametrize("cursor", ["x", "!!!", "AAAA", "%00"])
def test_a_wrong_cursor(ask, cursor):
    refused(ask("GET", "datasets", cursor=cursor), 400, "invalid_request")


def test_another_verb(ask):
    refused(ask("PUT", "settings", {}), 405, "method_not_allowed")


def test_too_large(ask):
    raw = b'{"text": "' + b"a" * 2 * 2**20 + b'"}'
    refused(ask("PATCH", "settings", raw=raw), 413, "too_large")
    refused(ask("POST", "datasets", raw=raw), 413, "too_large")


# --- datasets ---------------------------------------------------------------------------------

BAD_FILES = {
    "empty": ("a.txt", b"", "dataset_empty"),
    "blank": ("a.txt", b"\n \n\t\n", "dataset_empty"),
    "binary": ("a.txt", b"ab\x00\x01\x02" * 50, "dataset_binary"),
    "broken json": ("a.json", b'[{"text": "x"', "dataset_format"),
    "lacks fields": ("a.csv", "نام,سن\nعلی,۳\nسارا,۴\n".encode(), "dataset_fields"),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_bad_file_by_upload(ask, incoming, bad):
    name, content, code = BAD_FILES[bad]
    refused(ask("POST", "datasets", **multipart(name, content)), 422, code)
    refused(ask("POST", "datasets/validate", **multipart(name, content)), 422, code)
    assert all(name != one["report"]["name"] for one in ask("GET", "datasets").json["items"])
    assert not list(incoming.iterdir())


def test_wrong_encoding(ask, tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("سلام دنیا\n".encode() * 5 + "سلام".encode("utf-16-be")[1:] + b"\xff\xd9\n")
    answer = ask("POST", "datasets", {"path": str(file), "encoding": "utf-8"})
    error = refused(answer, 422, answer.json["error"]["code"])
    assert error["code"] in {"dataset_encoding", "dataset_binary"}


@pytest.mark.parametrize("path", ["/nowhere/at/all.txt", "/", "relative.txt", "/dev/null", "a\0b"])
def test_missing_file(ask, path):
    refused(ask("POST", "datasets", {"path": path}), 422, "dataset_missing")


@pytest.mark.parametrize("shape", ["text", "prompt_answer"])
def test_fields_that_the_shape_needs(ask, tmp_path, shape):
    file = tmp_path / "rows.jsonl"
    file.write_text('{"عنوان": "x", "شماره": 1}\n' * 3, "utf-8")
    refused(ask("POST", "datasets", {"path": str(file), "shape": shape}), 422, "dataset_fields")


def test_uploads_that_are_none(ask, incoming):
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    refused(ask("POST", "datasets", raw=b"", headers=kind), 400, "invalid_request")
    refused(ask("POST", "datasets", raw=b"--x\r\n", headers=kind), 400, "invalid_request")
    refused(ask("POST", "datasets", raw=b"hello", headers=kind), 400, "invalid_request")
    nameless = {"Content-Type": "multipart/form-data"}
    refused(ask("POST", "datasets", raw=b"x", headers=nameless), 400, "invalid_request")
    body = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nhi\r\n--x--\r\n'
    error = refused(ask("POST", "datasets", raw=body, headers=kind), 422, "invalid_field")
    assert error["details"]["field"] == "file"
    assert not list(incoming.iterdir())


@pytest.mark.parametrize(
    "name", ["../../evil.txt", "..\\evil.txt", "/etc/passwd", "a\u202etxt.exe"]
)
def test_names_of_uploads_are_only_names(ask, jupyter_server, name):
    answer = ask("POST", "datasets", **multipart(name, "سلام دنیا\n".encode() * 3))
    if answer.status == 201:
        assert "/" not in answer.json["report"]["name"]
        assert "\\" not in answer.json["report"]["name"]
    root = jupyter_server.data_dir.parent
    assert not [path for path in root.rglob("*") if "evil" in path.name]


def test_no_such_sample(ask):
    refused(ask("POST", "datasets", {"sample": "nothing"}), 404, "not_found")


def test_a_dataset_that_a_job_needs_stays(ask, dataset, tiny_options):
    ask_for = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": tiny_options}
    job = ask("POST", "training/jobs", ask_for).json
    refused(ask("DELETE", f"datasets/{dataset['id']}"), 409, "conflict")
    ask("POST", f"training/jobs/{job['id']}/stop")


# --- models -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nowhere", "/", "a\0b"])
@pytest.mark.parametrize("route", ["models", "models/detect"])
def test_not_a_model_folder(ask, route, path):
    refused(ask("POST", route, {"path": path}), 422, "model_not_a_folder")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("pytorch_model.bin", "model_pickled"),
        ("model.pt", "model_pickled"),
        ("weights.pkl", "model_unsafe"),
    ],
)
def test_a_model_that_could_run_code(ask, tmp_path, name, code):
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
    (folder / "config.json").write_text(json.dumps(config))
    canary = tmp_path / "canary"
    script = f"open({str(canary)!r}, 'w')"
    pickle = b"cbuiltins\nexec\n(V" + script.encode() + b"\ntR."
    (folder / name).write_bytes(pickle)
    refused(ask("POST", "models", {"path": str(folder)}), 422, code)
    assert not canary.exists()


# --- training ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"learning_rate": 0}, "options.learning_rate"),
        ({"learning_rate": -1}, "options.learning_rate"),
        ({"learning_rate": "fast"}, "options.learning_rate"),
        ({"epochs": 1e9}, "options.epochs"),
        ({"batch_size": 0}, "options.batch_size"),
        ({"batch_size": 1.5}, "options.batch_size"),
        ({"sequence_length": 1}, "options.sequence_length"),
        ({"keep_checkpoints": 1}, "options.keep_checkpoints"),
        ({"precision": "fp16"}, "options.precision"),
        ({"shape": {"vocab_size": 1}}, "options.shape.vocab_size"),
        ({"shape": {"hidden_size": 100, "heads": 3}}, "options.shape"),
        ({"lerning_rate": 0.1}, "options.lerning_rate"),
        ({"method": "lora"}, "model_id"),
    ],
)
@pytest.mark.parametrize("route", ["training/estimate", "training/jobs"])
def test_options_out_of_range(ask, dataset, route, options, field):
    jobs = ask("GET", "training/jobs").json["items"]
    body = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": options}
    error = refused(ask("POST", route, body), 422, "invalid_field")
    assert error["details"]["field"] == field
    assert ask("GET", "training/jobs").json["items"] == jobs


def test_what_a_training_needs(ask, dataset):
    base = {"dataset_id": dataset["id"], "options": {}}
    error = refused(ask("POST", "training/jobs", {**base, "recipe": "x"}), 422, "invalid_field")
    assert error["details"]["field"] == "recipe"
    nothing = {"recipe": "pretrain", "dataset_id": "nothing", "options": {}}
    refused(ask("POST", "training/jobs", nothing), 404, "not_found")
    no_model = {**base, "recipe": "pretrain", "model_id": "nothing"}
    refused(ask("POST", "training/jobs", no_model), 404, "not_found")
    refused(ask("POST", "training/jobs", {**base, "recipe": "sft"}), 422, "dataset_fields")


def test_one_key_is_one_job(ask, dataset, tiny_options):
    body = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": tiny_options}
    key = {"Idempotency-Key": "k"}
    first = ask("POST", "training/jobs", body, headers=key)
    again = ask("POST", "training/jobs", body, headers=key)
    assert (first.status, again.status) == (201, 200)
    assert first.json["id"] == again.json["id"]
    other = {**body, "options": {**tiny_options, "seed": 7}}
    error = refused(ask("POST", "training/jobs", other, headers=key), 409, "idempotency_mismatch")
    assert error["details"]["job_id"] == first.json["id"]
    named = [j for j in ask("GET", "training/jobs").json["items"] if j["id"] == first.json["id"]]
    assert len(named) == 1
    ask("POST", f"training/jobs/{first.json['id']}/stop")
    long = {"Idempotency-Key": "k" * 300}
    refused(ask("POST", "training/jobs", body, headers=long), 422, "invalid_field")


def test_too_little_memory(ask, dataset):
    huge = {"shape": {"hidden_size": 16384, "layers": 128, "heads": 128, "vocab_size": 262144}}
    body = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": huge}
    jobs = ask("GET", "training/jobs").json["items"]
    estimate = ask("POST", "training/estimate", body).json
    assert estimate["fits"] is False
    error = refused(ask("POST", "training/jobs", body), 422, "too_little_memory")
    assert error["details"]["needed"] > error["details"]["available"] > 0
    assert ask("GET", "training/jobs").json["items"] == jobs


# --- downloads, chat, jobs --------------------------------------------------------------------


@pytest.mark.parametrize("repo", ["", "a/b/c", "../x", "a b", "a--b", "/abs", "x" * 300, "a/.."])
def test_not_a_repository(ask, repo):
    error = refused(ask("POST", "downloads", {"repo_id": repo}), 422, "invalid_field")
    assert error["details"]["field"] == "repo_id"


def test_a_conversation_needs_a_model(ask):
    refused(ask("POST", "chat/conversations", {"model_id": "none"}), 404, "not_found")
    error = refused(
        ask("POST", "chat/conversations", {"model_id": "x", "sampling": {"top_p": 2}}),
        422,
        "invalid_field",
    )
    assert error["details"]["field"] == "sampling.top_p"


def test_jobs_that_are_not_there(ask):
    for verb, path in (("GET", ""), ("POST", "/stop"), ("GET", "/metrics"), ("DELETE", "")):
        refused(ask(verb, f"training/jobs/nothing{path}"), 404, "not_found")


def test_what_a_state_does_not_allow(ask, dataset, tiny_options):
    body = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": tiny_options}
    job = ask("POST", "training/jobs", body).json
    path = f"training/jobs/{job['id']}"
    refused(ask("POST", f"{path}/resume"), 409, "conflict")
    refused(ask("DELETE", path), 409, "conflict")
    refused(ask("GET", f"{path}/download"), 409, "conflict")
    refused(ask("GET", f"downloads/{job['id']}"), 404, "not_found")
    ask("POST", f"{path}/stop")


def test_every_error_is_bilingual_and_has_a_code_of_its_own():
    kinds, seen = [errors.PersianAIError], {}
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
        if kind.__module__ == errors.__name__ and not kind.__subclasses__():
            assert seen.setdefault(kind.code, kind) is kind, kind
            assert kind.hint_fa
            assert kind.hint_en


def test_doctor_says_how_things_are(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "jupyter_persian_ai.cli", "doctor", "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "database" in run.stdout
