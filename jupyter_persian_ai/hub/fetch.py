"""The process that talks to the Hub: `python -m jupyter_persian_ai.hub.fetch`.

One request on stdin, JSON lines on stdout: `plan`, `progress`, then `done` or `error`. It is a
process of its own so that a stop takes effect at once, whatever the network is doing; it ends by
itself when its parent does. It may be killed at any moment: what has arrived is resumed.

A token comes in the request only; none is read from a file, an argument or the environment.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from . import borrow, explain, remote
from .cache import Repository
from .explain import EXPECTED
from .following import Following
from .transfer.engine import Engine
from .transfer.faults import Changed
from .transfer.pace import Bookings
from .transfer.wanted import Limits, Wanted

_BLOCK = 1 << 16
_PROGRESS_SECONDS = 0.25
_SPEED_SECONDS = 10.0
#: How often a repository may change under our hands before we give up.
_PLANS = 3


def fetch(request: dict[str, Any]) -> None:
    """Fetch what `request` asks for into `cache_dir`, saying how it goes.

    `request` holds `repo_id`, `repo_type`, `revision`, `files` (or None) and `cache_dir`; it may
    hold `token`, `endpoints`, `proxy`, `connections`, `bandwidth` (bytes/s), `stall_seconds`,
    `patience_seconds`, `offline`, `other_caches` (folders), `disk_reserve_bytes`,
    `settings_file` (see `way`; its limits are followed) and `pace_file` (see `transfer.pace`).
    """
    access = remote.access(request)
    for left in reversed(range(_PLANS)):
        try:
            plan = remote.plan(request)
        except EXPECTED as error:
            if not explain.unasked(error) or not _taken_from_here(request):
                raise
            return
        repository = Repository(
            Path(request["cache_dir"]), request["repo_id"], request["repo_type"]
        )
        try:
            _carry_out(request, plan, repository, access)
        except Changed as changed:
            repository.forget({changed.etag})  # nobody will ask for that content again
            if not left:
                raise
            continue
        return


def _taken_from_here(request: dict[str, Any]) -> bool:
    """Answer with what is here already, where the Hub cannot be asked."""
    found = remote.here(request)
    if found is None:
        return False
    folder, files = found
    total = sum((folder / name).stat().st_size for name in files)
    _say(kind="plan", files=len(files), total=total, revision=folder.name)
    _say(
        kind="done",
        path=str(folder),
        bytes=total,
        revision=folder.name,
        files=files,
        received=0,
        unasked=True,
    )
    return True


def _carry_out(
    request: dict[str, Any], plan: remote.Plan, repository: Repository, access: Any
) -> None:
    for one in plan.files:
        repository.place(plan.commit, one.name)  # refuses what cannot be stored
    missing = [one for one in plan.files if not repository.holds(plan.commit, one.name, one.size)]
    _borrow(request, repository, missing)
    remote.need_room(repository, missing, int(request.get("disk_reserve_bytes", 0)))
    total = sum(one.size for one in plan.files)
    _say(kind="plan", files=len(plan.files), total=total, revision=plan.commit)
    limits = {
        name: request[name]
        for name in ("connections", "bandwidth", "stall_seconds", "patience_seconds")
        if request.get(name)
    }

    same: dict[str, list[Wanted]] = {}
    for one in missing:
        same.setdefault(one.etag, []).append(one)

    def settled(wanted: Wanted) -> None:
        for twin in same[wanted.etag]:
            repository.link(plan.commit, twin.name, twin.etag)

    pace = request.get("pace_file")
    engine = Engine(
        [twins[0] for twins in same.values()],
        repository.blobs,
        access,
        Limits(**limits),
        settled,
        Bookings(Path(pace) if pace else None),
    )
    before = total - sum(one.size for one in missing)
    repeats = {twins[0].name: len(twins) for twins in same.values()}
    telling = _Telling(engine, before, total, repeats)
    settings = request.get("settings_file")
    following = Following(Path(settings), engine) if settings else None
    try:
        engine.run()
    finally:
        telling.end()
        if following is not None:
            following.end()
    repository.refer(plan.revision, plan.commit)
    _say(
        kind="done",
        path=str(repository.snapshot(plan.commit)),
        bytes=total,
        revision=plan.commit,
        files=[one.name for one in plan.files],
        received=engine.received,
    )


def _borrow(request: dict[str, Any], repository: Repository, missing: list[Wanted]) -> None:
    """Take what other caches of this machine have; the engine finds it in its place."""
    caches = [Path(one) for one in request.get("other_caches") or []]
    for one in missing:
        if not repository.has_blob(one.etag, one.size):
            source = borrow.offered(one, repository, caches)
            if source is not None:
                borrow.take(one, source, repository)


class _Telling:
    """Says several times a second how far everything is."""

    def __init__(self, engine: Engine, before: int, total: int, repeats: dict[str, int]) -> None:
        self._engine = engine
        self._before = before
        self._total = total
        self._repeats = repeats
        self._over = threading.Event()
        self._seen: list[tuple[float, int]] = [(time.monotonic(), 0)]
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Say it a last time."""
        self._over.set()
        self._thread.join()

    def _tell(self) -> None:
        while not self._over.wait(_PROGRESS_SECONDS):
            self._say()
        self._say()

    def _say(self) -> None:
        files = self._engine.progress()
        now = time.monotonic()
        self._seen.append((now, self._engine.received))
        while now - self._seen[0][0] > _SPEED_SECONDS:
            self._seen.pop(0)
        (then, fewer), (_, received) = self._seen[0], self._seen[-1]
        done = sum(file.done * self._repeats[file.name] for file in files)
        _say(
            kind="progress",
            done=min(self._before + done, self._total),
            received=received,
            speed=(received - fewer) / max(now - then, 1e-3),
            files=[
                {"name": file.name, "done": file.done, "size": file.size, "state": file.state}
                for file in files
                if file.state in {"active", "verifying"}
            ],
        )


def _say(**line: Any) -> None:
    with _SAYING:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


_SAYING = threading.Lock()


def _end_with_parent() -> None:
    while os.read(0, _BLOCK):
        pass
    os._exit(1)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(1)


def main() -> None:
    """Read the request and serve it; any failure is said in words."""
    # What has arrived is on record at every moment: there is nothing to put in order first.
    signal.signal(signal.SIGTERM, _leave)
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        fetch(request)
    except EXPECTED as error:
        told = explain.explained(request["repo_id"], error)
        traceback.print_exc()
        _say(kind="error", code=told.code, details=told.details)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.stdout.flush()
        # Not `sys.exit`: threads may still wait for the network.
        os._exit(0)


if __name__ == "__main__":
    main()
