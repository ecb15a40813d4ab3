"""Notices: kept until deleted, shown live.

Owns what is said when a job ends, in both languages. `job_changed` runs inside the transaction
that ingests the worker's report, so a job cannot end without its notice nor be told twice.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from ..protocol.base import Note, Page
from ..protocol.jobs import Job, JobKind, JobState
from ..protocol.service import Notification
from ..store import Store, users
from ..store import jobs as job_rows
from ..store import notifications as rows
from ..store.job_view import place

#: Kind, then title and body in both languages; `{name}` and `{why}` are filled in.
_WORDS: dict[str, tuple[str, str, str, str]] = {
    "job_completed": (
        "“{name}” is finished",
        "«{name}» تمام شد",
        "The model is in the list of models and can be talked to.",
        "مدل در فهرست مدل‌هاست و می‌توان با آن گفت‌وگو کرد.",
    ),
    "download_completed": (
        "“{name}” is downloaded",
        "«{name}» دریافت شد",
        "The files are complete on this machine.",
        "فایل‌ها کامل روی این دستگاه هستند.",
    ),
    "dataset_completed": (
        "“{name}” is ready",
        "«{name}» آماده است",
        "The work on this data is done.",
        "کار روی این داده تمام شد.",
    ),
    "model_completed": (
        "“{name}” is ready",
        "«{name}» آماده است",
        "The work on this model is done.",
        "کار روی این مدل تمام شد.",
    ),
    "bundle_completed": (
        "The bundle “{name}” is ready",
        "بستهٔ «{name}» آماده است",
        "Every file of it was checked against its hash.",
        "همهٔ فایل‌هایش با درهم‌سازشان سنجیده شد.",
    ),
    "job_failed": ("“{name}” failed", "«{name}» ناکام ماند", "{why}", "{why_fa}"),
    "job_stopped": (
        "“{name}” was stopped",
        "«{name}» متوقف شد",
        "It can be resumed from its last checkpoint.",
        "می‌توان آن را از آخرین چک‌پوینت ادامه داد.",
    ),
    "download_stopped": (
        "“{name}” was stopped",
        "«{name}» متوقف شد",
        "Files that were complete are kept; trying again fetches the rest.",
        "فایل‌های کامل‌شده می‌مانند؛ تلاش دوباره بقیه را می‌گیرد.",
    ),
    "dataset_stopped": (
        "“{name}” was stopped",
        "«{name}» متوقف شد",
        "Nothing of it was kept; it can be tried again.",
        "چیزی از آن نگه داشته نشد؛ می‌توان دوباره تلاش کرد.",
    ),
    "model_stopped": (
        "“{name}” was stopped",
        "«{name}» متوقف شد",
        "The model that it began from is as it was; it can be tried again.",
        "مدلی که از آن آغاز شد دست‌نخورده است؛ می‌توان دوباره تلاش کرد.",
    ),
    "bundle_stopped": (
        "“{name}” was stopped",
        "«{name}» متوقف شد",
        "What is done is kept; trying again does the rest.",
        "آنچه انجام شده می‌ماند؛ تلاش دوباره بقیه را انجام می‌دهد.",
    ),
    "job_resumed": (
        "“{name}” was resumed by itself",
        "«{name}» خودبه‌خود ادامه یافت",
        "Its worker ended without a word; it goes on from the last checkpoint.",
        "پردازهٔ کارگر بی‌خبر پایان یافت؛ کار از آخرین چک‌پوینت ادامه می‌یابد.",
    ),
}

_PREFIX = {
    JobKind.TRAINING: "job",
    JobKind.DOWNLOAD: "download",
    JobKind.DATASET: "dataset",
    JobKind.MODEL: "model",
    JobKind.BUNDLE: "bundle",
}
#: Whoever began work on data is still there when it took less than this.
WATCHED_SECONDS = 10.0


def job_changed(session: Session, job: Job) -> None:
    """Say what a user wants to know of a job's new state; most states need no word."""
    kind = _kind(job)
    user_id = job_rows.owner(session, job.id)
    if kind is None or not users.settings(session, user_id).notify_on_end:
        return
    why, why_fa = (job.error.message, job.error.message_fa) if job.error else ("", "")
    title, title_fa, body, body_fa = (
        words.format(name=job.name, why=why, why_fa=why_fa) for words in _WORDS[kind]
    )
    rows.notify(
        session,
        user_id,
        kind=kind,
        title=Note(en=title, fa=title_fa),
        body=Note(en=body, fa=body_fa),
        link=place(job.kind, job.id),
    )


def _kind(job: Job) -> str | None:
    if job.state is JobState.COMPLETED:
        return f"{_PREFIX[job.kind]}_completed" if not _was_watched(job) else None
    if job.state is JobState.FAILED:
        return "job_failed"
    if job.state is JobState.STOPPED:
        return f"{_PREFIX[job.kind]}_stopped"
    if job.state is JobState.STARTING and job.reason == "restarted":
        return "job_resumed"
    return None


def _was_watched(job: Job) -> bool:
    """Work on data is mostly done while its user looks on, who needs no notice then."""
    if job.kind is not JobKind.DATASET or job.started is None or job.ended is None:
        return False
    return (job.ended - job.started).total_seconds() < WATCHED_SECONDS


class Notifications:
    """A user's notices."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(
        self, user_id: str, *, unread: bool, limit: int, cursor: str | None
    ) -> Page[Notification]:
        """Notices, the newest first."""
        return await self._store.aread(
            lambda s: rows.page(s, user_id, unread=unread, limit=limit, cursor=cursor)
        )

    async def get(self, user_id: str, notification_id: str) -> Notification:
        """One notice."""
        return await self._store.aread(lambda s: rows.get(s, user_id, notification_id))

    async def mark_read(self, user_id: str, notification_id: str) -> Notification:
        """It was seen."""
        return await self._store.awrite(lambda s: rows.mark_read(s, user_id, notification_id))

    async def mark_all_read(self, user_id: str) -> None:
        """All were seen."""
        await self._store.awrite(lambda s: rows.mark_all_read(s, user_id))

    async def delete(self, user_id: str, notification_id: str) -> None:
        """Delete one."""
        await self._store.awrite(lambda s: rows.delete(s, user_id, notification_id))

    async def delete_all(self, user_id: str) -> None:
        """Delete all."""
        await self._store.awrite(lambda s: rows.delete_all(s, user_id))
