"""What the child process of `jobs.confined` keeps in and keeps out."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.jobs import confined
from jupyter_persian_ai.protocol.worker import WorkStopped

MEMORY = 2**30
posix = pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def call(name, payload=None, *, memory_bytes=MEMORY, seconds=60, **limits):
    return confined.call(
        f"misbehaving:{name}", payload or {}, memory_bytes=memory_bytes, seconds=seconds, **limits
    )


def gone(pid):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.05)
                continue
        return True
    return False


def test_payload_and_answer_are_unchanged():
    payload = {"text": "می‌شود\u202e\n", "number": 1.5, "list": [None, True], "deep": {"a": [1]}}
    assert call("echo", payload) == {"payload": payload}


def test_a_large_payload_and_answer():
    payload = {"text": "سلام" * 500_000}
    assert call("echo", payload) == {"payload": payload}


def test_no_secret_reaches_the_child(monkeypatch):
    canary = "canary-5f1c"
    for name in ("HF_TOKEN", "JUPYTER_TOKEN", "DATABASE_URL", "PYTHONSTARTUP", "LD_PRELOAD"):
        monkeypatch.setenv(name, canary)
    seen = call("surroundings")
    assert canary not in str(seen["environment"])
    assert seen["session"] != os.getsid(0)
    assert not seen["folder_on_path"]
    assert not seen["torch"]


def test_stray_output_does_not_reach_the_answer():
    assert call("print_much") == {"from": "the function"}


def test_our_errors_come_across_whole():
    with pytest.raises(errors.DatasetFormat) as caught:
        call("raise_ours")
    assert caught.value.body.details == {
        "name": "a", "format": "json", "line": 7, "reason": "r", "reason_fa": "ر",
    }  # fmt: skip


def test_a_bug_is_an_internal_error_and_is_logged(caplog):
    with pytest.raises(errors.PersianAIError) as caught:
        call("raise_other")
    assert type(caught.value) is errors.PersianAIError
    assert "a bug" in caplog.text
    assert "a bug" not in str(caught.value.body)


def test_an_unknown_function(caplog):
    with pytest.raises(errors.PersianAIError):
        call("absent")
    with pytest.raises(errors.PersianAIError):
        confined.call("no_such_module:f", {}, memory_bytes=MEMORY, seconds=60)
    assert "no_such_module" in caplog.text


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit address space")
def test_memory(tmp_path):
    with pytest.raises(errors.DatasetLimit) as caught:
        call("eat_memory", {"name": "a.json"}, memory_bytes=400 * 2**20)
    assert caught.value.details["what"] == "memory"
    assert "a.json" in caught.value.body.message
    assert "حافظه" in caught.value.body.message_fa


def test_wall_clock(tmp_path):
    pid_file = tmp_path / "pid"
    with pytest.raises(errors.DatasetLimit) as caught:
        call("sleep", {"pid_file": str(pid_file)}, seconds=3)
    assert caught.value.details["what"] == "time"
    assert gone(int(pid_file.read_text()))


def test_processor():
    with pytest.raises(errors.DatasetLimit) as caught:
        call("spin", seconds=1)
    assert caught.value.details["what"] == "time"


@posix
def test_children_of_the_child_are_ended(tmp_path):
    pid_file = tmp_path / "pid"
    with suppress(errors.DatasetLimit):  # it may hold the pipe open until the time is over
        call("leave_children", {"pid_file": str(pid_file)}, seconds=4)
    assert gone(int(pid_file.read_text()))


@posix
@pytest.mark.parametrize(
    ("number", "error"),
    [(signal.SIGSEGV, errors.PersianAIError), (signal.SIGKILL, errors.DatasetLimit)],
)
def test_a_sudden_death(number, error):
    with pytest.raises(error) as caught:
        call("die", {"signal": int(number)})
    assert type(caught.value) is error


def test_an_end_without_an_answer():
    with pytest.raises(errors.PersianAIError):
        call("exit_quietly")


@posix
def test_size_of_files(tmp_path):
    path = tmp_path / "big"
    with pytest.raises(errors.DatasetLimit) as caught:
        call("write_much", {"path": str(path)}, file_bytes=2**20)
    assert caught.value.details["what"] == "size of the output"
    assert path.stat().st_size <= 2**20


@posix
def test_an_import_that_runs_out_of_room_leaves_nothing(tmp_path):
    path = tmp_path / "big.txt"
    path.write_text("سلام دنیا\n" * 200_000)
    with pytest.raises(errors.DatasetLimit):
        confined.call(
            "jupyter_persian_ai.datasets.importing:import_file",
            {"path": str(path), "out_dir": str(tmp_path / "out")},
            memory_bytes=MEMORY,
            seconds=60,
            file_bytes=2**20,
        )
    assert not list((tmp_path / "out").iterdir())


def test_progress_arrives_while_it_works_and_renews_the_time():
    heard = []
    payload = {"steps": 12, "seconds": 0.25}
    answer = call(
        "report", payload, seconds=2, on_progress=lambda *said: heard.append(said)
    )  # three seconds in all: the limit is on silence
    assert answer == {"listened": True}
    assert heard[0] == (1, 12, {"rows": 1})
    assert [done for done, _, _ in heard] == sorted({done for done, _, _ in heard})
    assert len(heard) > 3


@posix
def test_whoever_tells_of_progress_may_take_the_processor_for_longer():
    assert call("processor", seconds=7)["limit"] == 8
    assert call("processor", seconds=7, on_progress=print)["limit"] != 8


def test_without_a_listener_nothing_is_reported():
    assert call("deaf") == {"listened": False}


def test_silence_is_over_time(tmp_path):
    with pytest.raises(errors.DatasetLimit) as caught:
        call("sleep", {"pid_file": str(tmp_path / "pid")}, seconds=2, on_progress=print)
    assert caught.value.details["what"] == "time"
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_stop_ends_it(tmp_path):
    pid_file = tmp_path / "pid"
    with pytest.raises(WorkStopped):
        call(
            "sleep",
            {"pid_file": str(pid_file)},
            should_stop=lambda: pid_file.exists() and bool(pid_file.read_text()),
        )
    assert gone(int(pid_file.read_text()))


def test_a_listener_that_raises_ends_it():
    def refuse(*said):
        raise KeyError(said[0])

    with pytest.raises(KeyError):
        call("report", {"steps": 10_000, "seconds": 0.1}, on_progress=refuse)


@posix
def test_it_ends_with_whoever_waits_for_it(tmp_path):
    pid_file = tmp_path / "pid"
    script = (
        "import sys; sys.path[:0] = sys.argv[1:2]\n"
        "from jupyter_persian_ai.jobs import confined\n"
        "confined.call('misbehaving:sleep', {'pid_file': sys.argv[2]},"
        " memory_bytes=2**30, seconds=500)"
    )
    waiting = subprocess.Popen(
        [sys.executable, "-c", script, str(Path(__file__).parent), str(pid_file)]
    )
    deadline = time.monotonic() + 60
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    waiting.kill()
    waiting.wait()
    assert gone(int(pid_file.read_text()))
