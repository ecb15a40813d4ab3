"""What a push would send: files with their hashes, beside what the repository holds already.

Owns which files of a model's folder are ever sent, the plan's digest, and what is said before it
is acted on. Files are only listed and hashed; nobody's content is read as anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import ModelNotAFolder, PushRefused
from ..hub.account import Account, unanswered
from ..hub.asking import Said, ask, no_hub
from ..hub.folder import files_of
from ..hub.way import Way
from ..persian import recipe_file
from ..protocol.base import Note, now
from ..protocol.data import Model
from ..protocol.making import PushAsk, PushedFile, PushPlan

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
class There:
    """A repository as the Hub has it; `files` are git's or LFS's names of contents."""

    exists: bool
    private: bool = True
    head: str = ""
    files: dict[str, str] | None = None


def ask_there(way: Way, account: Account, repo_id: str) -> There:
    """What the Hub says of the repository; blocks.

    Raises:
        PushRefused: the token may not see it.
        HubOffline, HubThrottled: it cannot be asked.

    """
    # The token is for this address alone, whatever it leads to.
    alone = replace(way, endpoints=(account.endpoint,), token_endpoints=(account.endpoint,))
    path = f"/api/models/{repo_id}/revision/main"
    try:
        said = ask(alone, account.endpoint, path, (("blobs", "true"),))
    except Said as answer:
        if answer.status == 404:
            return There(exists=False)
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
        return There(True, bool(said["private"]), str(said["sha"]), files)
    except (TypeError, KeyError, AttributeError):
        no_hub(account.endpoint)


class Hashes:
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


def planned_files(folder: Path, card: str, hashes: Hashes, there: There) -> list[PushedFile]:
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


def _file(name: str, size: int, sha256: str, blob: Callable[[], str], there: There) -> PushedFile:
    held = (there.files or {}).get(name)
    change = "new" if held is None else "same" if held in {sha256, blob()} else "changed"
    return PushedFile.model_validate(
        {"name": name, "bytes": size, "sha256": sha256, "change": change}
    )


def plan_of(
    account: Account,
    repo_id: str,
    there: There,
    asked: PushAsk,
    card: str,
    files: list[PushedFile],
) -> PushPlan:
    """The plan, without warnings; its digest stands for all that would be done."""
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


def warnings_of(plan: PushPlan, model: Model, there: There) -> list[Note]:
    """What should be read before such a plan is acted on."""
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
