"""Sending a model to the Hub: first a plan that shows all of it, then, with the plan, the act.

Owns what would be sent, to whom, and that nothing else is: a push carries the digest of the plan
that was seen and is refused when anything is different. `hub.push` sends, in a worker. No weight is
opened here; files are only listed and hashed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ..errors import PushPlanChanged, PushRefused, TokenMissing
from ..hub.account import whoami
from ..protocol.data import Model, ModelAsk
from ..protocol.jobs import Job
from ..protocol.making import PushAsk, PushPlan
from ..store import Store
from .hub_settings import HubWay
from .hub_threads import HubThreads
from .model_cards import card_of
from .model_jobs import ModelJobs
from .models import Models
from .push_plan import Hashes, There, ask_there, plan_of, planned_files, warnings_of


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
        self._hashes = Hashes()

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
        await self._models.get(user_id, model_id, asked.version)
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
    ) -> tuple[PushPlan, Model, There]:
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
        there = await self._threads.run(lambda: ask_there(way, account, repo_id))
        card = asked.card if asked.card is not None else await self._card(user_id, model, asked)
        local = await asyncio.to_thread(planned_files, Path(model.path), card, self._hashes, there)
        plan = plan_of(account, repo_id, there, asked, card, local)
        warnings = warnings_of(plan, model, there)
        return plan.model_copy(update={"warnings": warnings}), model, there

    async def _card(self, user_id: str, model: Model, asked: PushAsk) -> str:
        def read(session: Any) -> str:
            return card_of(
                session, user_id, model, license_=asked.license, repo_id=asked.repo_id
            ).render()

        return await self._store.aread(read)
