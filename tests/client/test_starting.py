"""Where no Jupyter server of ours runs, the service is started once and found again."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from jupyter_persian_ai.client.starting import running_or_started
from jupyter_persian_ai.errors import ServiceUnreachable

_CONNECT = """
import jupyter_persian_ai as pai
client = pai.connect()
print(client.address.url, client.me.epoch)
"""


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data root of a user who has no server; whatever was started for it is ended."""
    root = tmp_path / "data"
    for name in list(os.environ):
        if name.startswith(("JUPYTER", "JPY")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("JUPYTER_PERSIAN_AI_DATA_DIR", str(root))
    yield root
    for process in _services(root):
        process.terminate()
        process.wait(60)


def _services(root: Path) -> list[psutil.Process]:
    """Processes that serve this data root and no other."""
    found = []
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if "jupyter_persian_ai.cli" in command and str(root) in command:
            found.append(process)
    return found


def _connect() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _CONNECT], stdout=subprocess.PIPE, text=True)


def test_two_kernels_at_once_get_one_service(alone: Path) -> None:
    kernels = [_connect(), _connect()]
    said = [kernel.communicate(timeout=120)[0] for kernel in kernels]
    assert [kernel.returncode for kernel in kernels] == [0, 0]
    assert said[0] == said[1]
    assert len(_services(alone)) == 1
    # It outlives the processes that started it, and the next one finds it.
    address, me = running_or_started(alone)
    assert said[0].split() == [address.url, me.epoch]
    assert len(_services(alone)) == 1
    assert address.loopback


def test_its_address_is_for_its_owner_alone(alone: Path) -> None:
    address, _ = running_or_started(alone)
    for name in ("service.json", "service.log"):
        assert stat.S_IMODE((alone / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(alone.stat().st_mode) == 0o700
    assert json.loads((alone / "service.json").read_text())["url"] == address.url
    assert not (alone / "service.out").exists()
    assert httpx.get(f"{address.api}me", trust_env=False).status_code in {401, 403}


def test_a_service_that_died_is_started_again(alone: Path, wait_for: Callable[..., Any]) -> None:
    first, me = running_or_started(alone)
    (process,) = _services(alone)
    process.kill()
    process.wait(60)
    second, again = running_or_started(alone)
    assert second != first
    assert again.epoch == me.epoch, "the same data, so the same numbers"


def test_it_says_why_it_could_not_start(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = alone.parent / "python"
    python.write_text("#!/bin/sh\necho the reason >&2\nexit 3\n")
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(ServiceUnreachable, match="the reason"):
        running_or_started(alone)
