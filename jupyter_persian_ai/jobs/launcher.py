"""Starts the worker of an attempt on this machine, in a session and an environment of its own.

Owns what the worker may know: no token, password or database address is in its environment.
The seam for other machines (Ray, Slurm) is the signature of `launch`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ..errors import DiskFull
from ..paths import private_folder
from ..protocol.jobs import JobKind
from .emitter import BALLAST, BALLAST_BYTES, is_disk_full
from .lease import MARK
from .ledger import Start
from .worker import ENTRY, LOG, SPEC

_SECRET = re.compile(
    r"(^|_)(TOKENS?|SECRETS?|PASSWORD|PASSWD|PASS|PASSPHRASE|KEY|KEYS|CREDENTIALS?|COOKIE|DSN)($|_)"
    r"|^(PGPASS|JUPYTERHUB_|JPY_|DATABASE_URL)",
    re.IGNORECASE,
)
_URL_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_PROXY = re.compile(r"_proxy$", re.IGNORECASE)

#: Workers that outlive the supervisor that started them; kept so that they can be reaped.
_detached: list[subprocess.Popen[bytes]] = []


def environment(
    kind: JobKind, folder: Path, base: Mapping[str, str], *, recipe: str = ""
) -> dict[str, str]:
    """The environment of a worker: `base` without secrets, plus what workers need."""
    # What is downloaded, a dataset too may come from the Hub; what is pushed goes there.
    hub = kind in {JobKind.DOWNLOAD, JobKind.DATASET} or (
        kind is JobKind.MODEL and recipe == "push"
    )
    kept = {
        name: value
        for name, value in base.items()
        if not _SECRET.search(name)
        and (not _URL_WITH_PASSWORD.search(value) or (hub and _PROXY.search(name)))
    }
    kept |= {
        MARK: str(folder),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        # A token in the user's home is not for workers; a download gets its own by its stdin.
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # Freed tensors stay with the process: page faults cost a fifth to two fifths of the
        # time of CPU training. 32 MiB is the largest threshold that glibc accepts.
        "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
        "MALLOC_TRIM_THRESHOLD_": str(2**30),
    }
    if not hub:
        kept["HF_HUB_OFFLINE"] = "1"
    return kept


def launch(
    start: Start,
    *,
    entry_point: str | None = None,
    secret: str | None = None,
    disk_reserve_bytes: int = 0,
) -> subprocess.Popen[bytes]:
    """Make the attempt's folder and start its worker there.

    `entry_point` (`module:function`) replaces the recipe's; `secret` is one line that the worker
    finds on its stdin.

    Raises:
        DiskFull: when less than the reserve is free; nothing was started.
        OSError: when the folder or the process cannot be made.

    """
    job_dir = Path(start.spec.job_dir)
    folder = job_dir / str(start.spec.attempt)
    try:
        for path in (job_dir.parent, job_dir, folder):
            private_folder(path)
        free = shutil.disk_usage(folder).free
        if free < disk_reserve_bytes:
            raise DiskFull(needed=disk_reserve_bytes, free=free)
        if start.fresh:
            _set_aside(job_dir, start.spec.attempt)
        (folder / SPEC).write_text(start.spec.model_dump_json(), "utf-8")
        if entry_point is not None:
            (folder / ENTRY).write_text(json.dumps({"entry_point": entry_point}), "utf-8")
        (folder / BALLAST).write_bytes(bytes(BALLAST_BYTES))
        log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull(needed=disk_reserve_bytes or BALLAST_BYTES, free=0) from error
        raise
    try:
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "jupyter_persian_ai.jobs.worker", str(folder)],
            cwd=folder,
            env=environment(start.spec.kind, folder, os.environ, recipe=start.spec.recipe),
            stdin=subprocess.PIPE if secret is not None else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    finally:
        os.close(log)
    if secret is not None and worker.stdin is not None:
        with contextlib.suppress(OSError):  # it is gone already; its death is noticed elsewhere
            worker.stdin.write(secret.encode() + b"\n")
            worker.stdin.close()
    return worker


def detach(worker: subprocess.Popen[bytes]) -> None:
    """Let a worker go on without us."""
    _detached.append(worker)


def reap() -> None:
    """Collect detached workers that have ended, so that none stays a zombie."""
    _detached[:] = [worker for worker in _detached if worker.poll() is None]


def _set_aside(job_dir: Path, attempt: int) -> None:
    """Hide the checkpoints of earlier attempts from one that starts over; nothing is deleted."""
    for folder in job_dir.glob("*/checkpoints"):
        if folder.parent.name != str(attempt):
            folder.rename(folder.with_name(f"checkpoints-before-{attempt}"))
