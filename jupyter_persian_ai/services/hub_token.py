"""The user's token for the Hub: set, validated, removed; never given back.

Owns the only place where it is kept, a file that its owner alone can read: not the database, of
which there are copies. `read` is for code that hands it to the Hub; everything that is answered,
logged or stored elsewhere comes from `get`, which holds the last four characters at most.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..errors import ErrorBody, HubOffline, HubThrottled, InvalidField, PersianAIError, TokenRefused
from ..hub.account import whoami
from ..protocol.base import iso, now
from ..protocol.hub import HubToken, TokenAsk
from .hub_settings import HubWay
from .hub_threads import HubThreads
from .user_file import UserFiles

#: What is remembered of the last validation, beside the token.
_FACTS = ("account", "role", "validated", "endpoint", "valid", "problem")
_SHOWN = 4
_LONG_ENOUGH = 16  # of a shorter one four characters would tell too much


class HubTokens:
    """Everybody's token."""

    def __init__(self, secrets: UserFiles, way: HubWay, threads: HubThreads) -> None:
        self._secrets = secrets
        self._way = way
        self._threads = threads

    def read(self, user_id: str) -> str | None:
        """The token itself, for who speaks to the Hub; never for an answer, a log or a job."""
        return self._secrets.read(user_id).get("token") or None

    async def get(self, user_id: str) -> HubToken:
        """What may be said of it."""
        return _shown(await asyncio.to_thread(self._secrets.read, user_id))

    async def put(self, user_id: str, ask: TokenAsk) -> HubToken:
        """Keep a token that the Hub accepts, or that it could not be asked about.

        Raises:
            InvalidField: it holds what no token can.
            TokenRefused: the Hub does not know it; what was set before stays.

        """
        token = ask.token.get_secret_value().strip()
        if not token.isascii() or not token.isprintable() or " " in token or not token:
            raise InvalidField(
                field="token",
                reason="it holds characters that no token has",
                reason_fa="نویسه‌هایی دارد که در هیچ توکنی نیست",
            )
        facts = await self._asked(user_id, token)
        return await self._keep(user_id, {"token": token, **facts})

    async def validate(self, user_id: str) -> HubToken:
        """Ask the Hub about the one that is set; nothing happens when none is."""
        token = await asyncio.to_thread(self.read, user_id)
        if token is None:
            return HubToken(set=False)
        try:
            facts = await self._asked(user_id, token)
        except TokenRefused as problem:
            facts = _facts(valid=False, validated=iso(now()), problem=problem)
        return await self._keep(user_id, facts)

    async def remove(self, user_id: str) -> HubToken:
        """Forget it."""
        return await self._keep(user_id, dict.fromkeys(("token", *_FACTS)))

    async def _asked(self, user_id: str, token: str) -> dict[str, Any]:
        way = replace(await asyncio.to_thread(self._way.way, user_id), token=token)
        try:
            account = await self._threads.run(lambda: whoami(way))
        except (HubOffline, HubThrottled) as problem:
            return _facts(problem=problem)
        return _facts(
            account=account.name,
            role=account.role,
            endpoint=account.endpoint,
            validated=iso(now()),
            valid=True,
        )

    async def _keep(self, user_id: str, changes: dict[str, Any]) -> HubToken:
        return _shown(await asyncio.to_thread(self._secrets.change, user_id, changes))


def _facts(*, problem: PersianAIError | None = None, **known: Any) -> dict[str, Any]:
    body = problem.body.model_dump(mode="json") if problem is not None else None
    return dict.fromkeys(_FACTS) | known | {"problem": body}


def _shown(held: dict[str, Any]) -> HubToken:
    token = held.get("token")
    if not token:
        return HubToken(set=False)
    validated, problem = held.get("validated"), held.get("problem")
    return HubToken(
        set=True,
        last_four=token[-_SHOWN:] if len(token) >= _LONG_ENOUGH else "",
        account=held.get("account") or "",
        role=held.get("role") or "",
        endpoint=held.get("endpoint") or "",
        valid=held.get("valid"),
        validated=datetime.fromisoformat(validated) if validated else None,
        problem=ErrorBody.model_validate(problem) if problem else None,
    )
