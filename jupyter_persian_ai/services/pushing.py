"""Sending a model to the Hub: first a plan that shows all of it, then, with the plan, the act.

Owns what would be sent, to whom, and that nothing else is: a push carries the digest of the plan
that was seen and is refused when anything is different. `hub.push` sends, in a worker. No weight is
opened here; files are only listed and hashed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import (
    ModelNotAFolder,
    PushPlanChanged,
    PushRefused,
    TokenMissing,
)
from ..hub.account import Account, unanswered, whoami
from ..hub.asking import Said, ask, no_hub
from ..hub.folder import files_of
from ..hub.way import Way
from ..persian import recipe_file
from ..protocol.base import Note, now
from ..protocol.data import Model, ModelAsk
from ..protocol.jobs import Job
from ..protocol.making import PushAsk, PushedFile, PushPlan
from ..store import Store
from .hub_settings import HubWay
from .hub_threads import HubThreads
from .model_cards import card_of
from .model_jobs import ModelJobs
from .models import Models

CARD = "README.md"
#: All that is ever sent beside the weights.
_BESIDE = frozenset(
    {
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
        "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "spiece.model",
        "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "LICENSE", "LICENSE.txt",
        "LICENSE.md", "NOTICE", "model.safetensors.index.json", recipe_file.NAME,
    }
)  # fmt: skip
_WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors")
_SMALL = 10 * 2**20  # above that the Hub keeps no plain git blob
_BLOCK = 1 << 20
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class _There:
    """A repository as the Hub has it; `files` are git's or LFS's names of contents."""

    exists: bool
    private: bool = True
    head: str = ""
    files: dict[str, str] | None = None


class Pushing:
    """Plans and pushes of a user's models."""

    def __init__(
        self, store: Store, models: Models, jobs: ModelJobs, way: HubWay, threads: HubThreads
    ) -> None:
        self._store = store
        self._models = models
        self._jobs = jobs
        self._way = way
        self._threads = threads
        self._hashes = _Hashes()

    async def plan(self, user_id: str, model_id: str, asked: PushAsk) -> PushPlan:
        """All that a push would send; nothing is sent.

        Raises:
            NotFound: no such model or version.
            ModelProblem: its folder is no longer a sound model.
            TokenMissing: no token is set.
            TokenRefused, PushRefused: the token is not known there, or may only read.
            HubOffline, HubThrottled: the Hub cannot be asked.

        """
        return (await self._planned(user_id, model_id, asked))[0]

    async def push(
        self, user_id: str, model_id: str, asked: PushAsk, key: str | None = None
    ) -> tuple[Job, bool]:
        """Queue a push of what the plan showed.

        Raises:
            PushPlanChanged: there is no plan, or something is different since.
            NotFound, ModelProblem, TokenMissing, ...: as `plan`.

        """
        if not asked.plan:
            raise PushPlanChanged(
                reason="no plan was looked at", reason_fa="برنامه‌ای دیده نشده است"
            )
        plan, model, there = await self._planned(user_id, model_id, asked)
        if plan.digest != asked.plan:
            raise PushPlanChanged(
                reason="the files, the card, the repository or the account are other ones",
                reason_fa="فایل‌ها، کارت، مخزن یا حساب عوض شده‌اند",
            )
        return await self._jobs.submit(
            user_id,
            "push",
            name=plan.repo_id,
            options=asked.model_dump(mode="json", exclude={"card"}),
            inputs=self._way.inputs(user_id)
            | {
                "model_id": model.id,
                "model_version": model.version,
                "model_name": model.name,
                "model_path": model.path,
                "endpoint": plan.endpoint,
                "repo_id": plan.repo_id,
                "private": plan.private,
                "exists": there.exists,
                "head": there.head,
                "files": [file.model_dump(mode="json") for file in plan.files],
                "card": plan.card,
                "message": asked.message or f"{model.name} ({model.version})",
            },
            key=key,
        )

    async def _planned(
        self, user_id: str, model_id: str, asked: PushAsk
    ) -> tuple[PushPlan, Model, _There]:
        model = await self._models.get(user_id, model_id, asked.version)
        way = await asyncio.to_thread(self._way.way, user_id)
        way.need_online()
        if not way.token:
            raise TokenMissing
        await self._models.detect(ModelAsk(path=model.path, name=model.name))
        account = await self._threads.run(lambda: whoami(way))
        if account.role == "read":
            raise PushRefused(
                repo_id=asked.repo_id,
                reason="the token may only read",
                reason_fa="این توکن تنها اجازهٔ خواندن دارد",
            )
        repo_id = asked.repo_id if "/" in asked.repo_id else f"{account.name}/{asked.repo_id}"
        there = await self._threads.run(lambda: _there(way, account, repo_id))
        card = asked.card if asked.card is not None else await self._card(user_id, model, asked)
        local = await asyncio.to_thread(_files, Path(model.path), card, self._hashes, there)
        plan = _plan(account, repo_id, there, asked, card, local)
        warnings = _warnings(plan, model, there)
        return plan.model_copy(update={"warnings": warnings}), model, there

    async def _card(self, user_id: str, model: Model, asked: PushAsk) -> str:
        def read(session: Any) -> str:
            return card_of(
                session, user_id, model, license_=asked.license, repo_id=asked.repo_id
            ).render()

        return await self._store.aread(read)


def _there(way: Way, account: Account, repo_id: str) -> _There:
    # The token is for this address alone, whatever it leads to.
    alone = replace(way, endpoints=(account.endpoint,), token_endpoints=(account.endpoint,))
    path = f"/api/models/{repo_id}/revision/main"
    try:
        said = ask(alone, account.endpoint, path, (("blobs", "true"),))
    except Said as answer:
        if answer.status == 404:
            return _There(exists=False)
        if answer.status in {401, 403}:
            raise PushRefused(
                repo_id=repo_id,
                reason=f"the token may not see it (status {answer.status})",
                reason_fa=f"این توکن اجازهٔ دیدنش را ندارد (وضعیت {answer.status})",
            ) from None
        raise unanswered(answer) from None
    try:
        files = {
            str(one["rfilename"]): str((one.get("lfs") or {}).get("sha256") or one["blobId"])
            for one in said["siblings"]
        }
        return _There(True, bool(said["private"]), str(said["sha"]), files)
    except (TypeError, KeyError, AttributeError):
        no_hub(account.endpoint)


class _Hashes:
    """Hashes of files, kept as long as size, time and place are the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int, int], str] = {}

    def of(self, path: Path) -> str:
        """Hexadecimal sha256."""
        facts = path.stat()
        key = (str(path), facts.st_size, facts.st_mtime_ns, facts.st_ino)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = _digest(path, hashlib.sha256())
        return self._known[key]


def _digest(path: Path, digest: Any) -> str:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return str(digest.hexdigest())


def _files(folder: Path, card: str, hashes: _Hashes, there: _There) -> list[PushedFile]:
    """What would be sent of a folder, and the card."""
    content = card.encode()
    files = [
        _file(
            CARD,
            len(content),
            hashlib.sha256(content).hexdigest(),
            lambda: _blob(len(content), content),
            there,
        )
    ]
    for name, place in files_of(folder).items():
        if name in _BESIDE or _WEIGHTS.fullmatch(name):
            size = place.stat().st_size
            files.append(_file(name, size, hashes.of(place), _named(place, size), there))
    if len(files) == 1:
        raise ModelNotAFolder(
            path=str(folder), reason="it holds no model", reason_fa="مدلی در آن نیست"
        )
    return sorted(files, key=lambda file: file.name)


def _named(place: Path, size: int) -> Callable[[], str]:
    def name() -> str:
        return _blob(size, place.read_bytes()) if size <= _SMALL else ""

    return name


def _blob(size: int, content: bytes) -> str:
    """Git's own name of a content; nothing is protected by it."""
    return hashlib.sha1(f"blob {size}\0".encode() + content, usedforsecurity=False).hexdigest()


def _file(name: str, size: int, sha256: str, blob: Callable[[], str], there: _There) -> PushedFile:
    held = (there.files or {}).get(name)
    change = "new" if held is None else "same" if held in {sha256, blob()} else "changed"
    return PushedFile.model_validate(
        {"name": name, "bytes": size, "sha256": sha256, "change": change}
    )


def _plan(
    account: Account,
    repo_id: str,
    there: _There,
    asked: PushAsk,
    card: str,
    files: list[PushedFile],
) -> PushPlan:
    private = there.private if there.exists else asked.private
    seen = {
        "endpoint": account.endpoint,
        "account": account.name,
        "repo_id": repo_id,
        "head": there.head,
        "private": private,
        "license": asked.license,
        "message": asked.message,
        "files": [[file.name, file.bytes, file.sha256] for file in files],
    }
    text = json.dumps(seen, sort_keys=True, ensure_ascii=False)
    return PushPlan(
        digest=hashlib.sha256(text.encode()).hexdigest(),
        endpoint=account.endpoint,
        account=account.name,
        repo_id=repo_id,
        exists=there.exists,
        private=private,
        license=asked.license,
        files=files,
        bytes=sum(file.bytes for file in files if file.change != "same"),
        card=card,
        made=now(),
    )


def _warnings(plan: PushPlan, model: Model, there: _There) -> list[Note]:
    notes = []
    if not plan.private:
        notes.append(
            Note(
                en="Everybody will be able to read and fetch this repository.",
                fa="همه می‌توانند این مخزن را ببینند و بگیرند.",
            )
        )
    if not (plan.license or model.license):
        notes.append(
            Note(
                en="No licence is said: nobody will know what they may do with it.",
                fa="مجوزی گفته نشده است: کسی نمی‌داند با آن چه کارهایی مجاز است.",
            )
        )
    if there.exists:
        kept = sorted(set(there.files or {}) - {file.name for file in plan.files})
        if kept:
            shown = ", ".join(kept[:5]) + ("…" if len(kept) > 5 else "")
            notes.append(
                Note(
                    en=f"{len(kept)} other files of the repository stay as they are: {shown}",
                    fa=f"{len(kept)} فایل دیگرِ مخزن همان‌گونه می‌ماند: {shown}",
                )
            )
        if not any(file.change != "same" for file in plan.files):
            notes.append(
                Note(
                    en="The repository holds all of this already; nothing would be sent.",
                    fa="همهٔ این‌ها در مخزن هست؛ چیزی فرستاده نمی‌شود.",
                )
            )
    if "/" in plan.repo_id and plan.repo_id.split("/")[0] != plan.account:
        owner = plan.repo_id.split("/")[0]
        notes.append(
            Note(
                en=f"It goes to “{owner}”, which is not your own name there.",
                fa=f"به «{owner}» می‌رود که نام خودتان در آنجا نیست.",
            )
        )
    return notes
