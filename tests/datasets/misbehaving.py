"""Functions that do what hostile input can make a reader do; `test_confined` runs them."""

import os
import sys
import time
from pathlib import Path

from jupyter_persian_ai.errors import DatasetFormat


def echo(payload):
    return {"payload": payload}


def surroundings(payload):
    return {
        "environment": dict(os.environ),
        "session": os.getsid(0),
        "folder_on_path": "" in sys.path,
        "torch": "torch" in sys.modules,
    }


def print_much(payload):
    print("noise on stdout")
    sys.stdout.flush()
    os.write(1, b'{"result": {"from": "a stray write"}}\n')
    print("noise on stderr", file=sys.stderr)
    return {"from": "the function"}


def raise_ours(payload):
    raise DatasetFormat(name="a", format="json", line=7, reason="r", reason_fa="ر")


def raise_other(payload):
    raise RuntimeError("a bug")


def eat_memory(payload):
    held = []
    while True:
        held.append(bytearray(16 * 2**20))


def sleep(payload):
    Path(payload["pid_file"]).write_text(str(os.getpid()))
    time.sleep(600)
    return {}


def report(payload, tick=None):
    for done in range(1, payload["steps"] + 1):
        tick(done, payload["steps"], {"rows": done})
        time.sleep(payload["seconds"])
    return {"listened": tick is not None}


def deaf(payload, tick=None):
    return {"listened": tick is not None}


def processor(payload, tick=None):
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_CPU)
    return {"limit": limit if limit != resource.RLIM_INFINITY else None}


def spin(payload):
    while True:
        pass


def leave_children(payload):
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
    Path(payload["pid_file"]).write_text(str(pid))
    return {}


def die(payload):
    os.kill(os.getpid(), payload["signal"])
    return {}


def exit_quietly(payload):
    os._exit(3)


def write_much(payload):
    with Path(payload["path"]).open("wb") as file:
        file.writelines(bytes(2**20) for _ in range(64))
    return {}
