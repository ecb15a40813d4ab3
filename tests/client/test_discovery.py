"""Finding a server: in the environment, as the kernel's parent, on a Hub, or elsewhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jupyter_persian_ai.client.discovery import candidates


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def running(runtime: Path, pid: int, url: str, **facts: object) -> None:
    info = {"pid": pid, "url": url, "token": "", "sock": "", "secure": False, **facts}
    (runtime / f"jpserver-{pid}.json").write_text(json.dumps(info))


def test_nothing_runs(runtime: Path) -> None:
    assert list(candidates({})) == []


def test_the_parent_comes_first(runtime: Path) -> None:
    running(runtime, os.getpid(), "http://localhost:1/", token="other")
    running(runtime, os.getppid(), "http://localhost:2/lab-of/", token="mine")
    found = list(candidates({"JPY_PARENT_PID": str(os.getppid())}))
    assert next((one.url, one.token, one.own) for one in found) == (
        "http://localhost:2/lab-of/", "mine", True,
    )  # fmt: skip
    assert "http://localhost:1/" in [one.url for one in found]


def test_servers_that_ended_or_have_no_address_are_left_out(runtime: Path) -> None:
    running(runtime, 2**22 - 3, "http://localhost:1/")
    running(runtime, os.getpid(), "http+unix://%2Ftmp%2Fa/", sock="/a")
    assert list(candidates({})) == []


def test_a_named_service_comes_before_all(runtime: Path) -> None:
    running(runtime, os.getpid(), "http://localhost:1/")
    environ = {
        "JUPYTER_PERSIAN_AI_URL": "https://gpu.test/base/",
        "JUPYTER_PERSIAN_AI_TOKEN": "t",
        "JPY_PARENT_PID": str(os.getpid()),
    }
    first = next(iter(candidates(environ)))
    assert (first.url, first.token, first.own) == ("https://gpu.test/base/", "t", False)


@pytest.mark.parametrize(
    "service_url",
    ["http://0.0.0.0:8888/user/sara/", "http://127.0.0.1:8888/user/sara/", "http://*:8888"],
)
def test_a_hub_server_is_entered_with_the_hub_token(runtime: Path, service_url: str) -> None:
    environ = {
        "JUPYTERHUB_API_TOKEN": "hub-token",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/sara/",
        "JUPYTERHUB_SERVICE_URL": service_url,
    }
    found = list(candidates(environ))
    assert [(one.url, one.token, one.own) for one in found] == [
        ("http://127.0.0.1:8888/user/sara/", "hub-token", True)
    ]


def test_a_hub_server_file_has_no_token_of_its_own(runtime: Path) -> None:
    running(runtime, os.getpid(), "http://127.0.0.1:8888/user/sara/")
    environ = {"JUPYTERHUB_API_TOKEN": "hub-token", "JPY_PARENT_PID": str(os.getpid())}
    assert next(iter(candidates(environ))).token == "hub-token"
