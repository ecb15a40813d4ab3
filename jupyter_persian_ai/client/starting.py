"""Starting the service by ourselves, where no Jupyter server of ours runs.

The service is a headless Jupyter server on loopback with a random token (`cli serve`). It
outlives this process, so that training goes on when a kernel is restarted; its address is left
in the data root, for the next kernel of this user to find. It ends by itself some time after its
last job and its last kernel. Must not be used inside a server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..errors import ServiceUnreachable
from ..paths import private_folder
from ..protocol.service import Me
from .address import Address
from .discovery import answers

#: Seconds in which a service has to answer; a cold disk and a first migration are slow.
_PATIENCE = 120.0
_RECORD = "service.json"
#: Seconds between signs of life of a process that uses the service; far below the time after
#: which an idle one ends.
_SIGN_OF_LIFE = 300.0
#: Variables that tie a process to the server or terminal it came from.
_TIES = ("JPY_PARENT_PID", "JPY_SESSION_NAME", "JPY_INTERRUPT_EVENT")
#: Kept, because a Popen that is forgotten while its process runs warns at garbage collection.
_children: list[subprocess.Popen[bytes]] = []
#: Services that a thread of this process keeps alive.
_signs: set[Address] = set()
_signs_lock = threading.Lock()


def default_data_dir() -> Path:
    """The data root that the server extension uses by default too."""
    from jupyter_core.paths import jupyter_data_dir  # noqa: PLC0415

    named = os.environ.get("JUPYTER_PERSIAN_AI_DATA_DIR")
    return Path(named) if named else Path(jupyter_data_dir()) / "persian_ai"


def running_or_started(data_dir: Path) -> tuple[Address, Me]:
    """The service of this data root: the one that runs, else a new one.

    Two kernels that ask at the same time get the same service.

    Raises:
        ServiceUnreachable: it did not start; the reason is the last line it wrote.

    """
    private_folder(data_dir)
    with FileLock(data_dir / "service.lock", timeout=_PATIENCE):
        recorded = _recorded(data_dir)
        if recorded is not None and (me := answers(recorded)) is not None:
            address = recorded
        else:
            address, me = _start(data_dir)
            _record(data_dir, address)
    _keep_alive(address)
    return address, me


def _keep_alive(address: Address) -> None:
    """Show the service that we are here, as long as this process lives and it answers."""

    def show() -> None:
        while answers(address) is not None:
            time.sleep(_SIGN_OF_LIFE)
        with _signs_lock:
            _signs.discard(address)

    with _signs_lock:
        if address in _signs:
            return
        _signs.add(address)
    threading.Thread(target=show, name="persian-ai-sign-of-life", daemon=True).start()


def _recorded(data_dir: Path) -> Address | None:
    try:
        record = json.loads((data_dir / _RECORD).read_text("utf-8"))
        return Address(url=str(record["url"]), token=str(record["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _record(data_dir: Path, address: Address) -> None:
    staged = data_dir / f"{_RECORD}.{os.getpid()}"
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"url": address.url, "token": address.token}, file)
    staged.replace(data_dir / _RECORD)


def _start(data_dir: Path) -> tuple[Address, Me]:
    # Files and not pipes: the service goes on writing when we are gone.
    said, log = data_dir / "service.out", data_dir / "service.log"
    environment = {name: value for name, value in os.environ.items() if name not in _TIES}
    with said.open("wb") as out, log.open("wb") as err:
        said.chmod(0o600)
        log.chmod(0o600)
        child = subprocess.Popen(
            [
                sys.executable, "-m", "jupyter_persian_ai.cli",
                "serve", "--data-dir", str(data_dir), "--exit-when-idle",
            ],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment,
            start_new_session=True,
        )  # fmt: skip
    _children.append(child)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        spoken = _first_line(said)
        if spoken is not None:
            address = Address(url=_with_slash(str(spoken["url"])), token=str(spoken["token"]))
            me = answers(address)
            if me is not None:
                said.unlink(missing_ok=True)  # it held the token; the record has it now
                return address, me
        if child.poll() is not None:
            break
        time.sleep(0.1)
    raise ServiceUnreachable(url=f"data root {data_dir}", reason=_last_words(log))


def _first_line(said: Path) -> dict[str, Any] | None:
    text = said.read_text("utf-8", errors="replace")
    line, newline, _ = text.partition("\n")
    if not newline:
        return None
    spoken = json.loads(line)
    return spoken if isinstance(spoken, dict) else None


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it ended without a word"
