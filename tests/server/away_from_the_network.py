"""A session at a machine whose network is gone; run by `test_offline` in a namespace of its own.

    python away_from_the_network.py FOLDER

Switches on loopback and nothing else, starts a server, uses everything that is local, asks for
everything that is not, and prints what came of it as one JSON object.
"""

import fcntl
import importlib.util
import json
import socket
import struct
import sys
import time
from pathlib import Path

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 1
_TESTS = Path(__file__).parents[1]
_SECONDS = 240
OPTIONS = {
    "epochs": 1, "max_steps": 4, "batch_size": 2, "sequence_length": 32,
    "eval_every": 4, "checkpoint_every": 4, "precision": "fp32",
    "shape": {"vocab_size": 320, "hidden_size": 32, "layers": 1, "heads": 2},
}  # fmt: skip


def loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        request = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(one, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(one, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _UP))


def reachable():
    try:
        socket.create_connection(("192.0.2.1", 443), timeout=5).close()
    except OSError:
        return False
    return True


def ended(client, path):
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        job = client.get(path).json()
        if job["state"] in {"completed", "failed", "stopped"}:
            return {"state": job["state"], "code": (job["error"] or {}).get("code")}
        time.sleep(0.1)
    return {"state": "never"}


def refusal(answer):
    return {"status": answer.status_code, "code": answer.json()["error"]["code"]}


def local(client):
    """A dataset that is read, a training, and a chat with what came of it."""
    dataset = client.post("datasets", json={"sample": "ghazals"}).json()
    ask = {"recipe": "pretrain", "dataset_id": dataset["id"], "options": OPTIONS, "name": "تنها"}
    job = client.post("training/jobs", json=ask).json()
    said = {
        "rows": dataset["report"]["stats"]["rows"],
        "training": ended(client, f"training/jobs/{job['id']}"),
    }
    chat = {"model_id": job["id"], "sampling": {"max_new_tokens": 4, "seed": 3}}
    path = f"chat/conversations/{client.post('chat/conversations', json=chat).json()['id']}"
    with client.stream("POST", f"{path}/messages", json={"text": "سلام"}) as answer:
        said["chat"] = [line for line in answer.iter_lines() if line.startswith("event: ")][-1]
    said["catalogue"] = len(client.get("catalog").json()["items"])
    return said


def remote(client):
    """What cannot be had."""
    download = client.post("downloads", json={"repo_id": "owner/name"})
    said = {"search": refusal(client.get("hub/search", params={"q": "x"}))}
    if download.is_success:
        said["download"] = ended(client, f"downloads/{download.json()['id']}")
    else:
        said["download"] = refusal(download)
    imported = client.post("datasets/imports", json={"repo_id": "owner/poems"})
    if imported.is_success:
        said["dataset"] = ended(client, f"datasets/jobs/{imported.json()['id']}")
    else:
        said["dataset"] = refusal(imported)
    said["token"] = client.put(
        "settings/huggingface-token", json={"token": "hf_" + 30 * "a"}
    ).json()
    push = {"repo_id": "sara/poet"}
    model = client.get("models").json()["items"][0]["id"]
    said["push"] = refusal(client.post(f"models/{model}/push/plan", json=push))
    return said


def main():
    loopback()
    spec = importlib.util.spec_from_file_location("shared", _TESTS / "conftest.py")
    shared = importlib.util.module_from_spec(spec)
    sys.modules["shared"] = shared
    spec.loader.exec_module(shared)
    folder = Path(sys.argv[1])
    server = shared.start_server(folder / "data", folder / "server")
    try:
        client = server.client()
        said = {"reachable": reachable(), "local": local(client), "gone": remote(client)}
        client.patch("settings/hub", json={"offline": True})
        said["offline"] = remote(client)
    finally:
        server.stop()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
