"""The way to the Hub as a user chooses it, and what jobs are told of it.

Owns where it is kept: a file beside the data, because the processes that fetch follow it while
they work and have no database; a proxy's name and password lie with the token, in the file of
secrets. `hub.way` reads the file, `hub_token` owns the token itself.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..hub.account import look
from ..hub.installed import snapshot
from ..hub.way import Way, way_of, with_password
from ..jobs.supervisor import Supervisor
from ..protocol.hub import (
    EndpointCheck,
    HubCheck,
    HubSettings,
    HubSettingsPatch,
)
from ..protocol.jobs import JobKind, JobSpec
from .hub_threads import HubThreads
from .user_file import UserFiles

#: Where the file of the way lies in the inputs of a job, for `hub.download` and others.
SETTINGS_INPUT = "hub_settings"
SECRET_INPUT = "hub_secret_on_stdin"  # noqa: S105 - the name of a field

_CHECK_SECONDS = 60.0


class HubWay:
    """Everybody's way to the Hub."""

    def __init__(
        self, files: UserFiles, secrets: UserFiles, hub_dir: Path, threads: HubThreads
    ) -> None:
        self._hub_dir = hub_dir
        self._files = files
        self._secrets = secrets
        self._threads = threads
        #: To look for waiting jobs when more may run at once.
        self.supervisor: Supervisor | None = None

    def way(self, user_id: str) -> Way:
        """How this user reaches the Hub, with token and password; for this process only."""
        secrets = self._secrets.read(user_id)
        way = way_of(self._files.read(user_id))
        return replace(way, proxy=_proxy(way.proxy, secrets), token=str(secrets.get("token") or ""))

    def inputs(self, user_id: str) -> dict[str, Any]:
        """What the inputs of a job say of the way; no secret is among it.

        `hub_settings` is the file that a worker follows while it works (`hub.way.read_way`); the
        rest is what it says now. `hub_secret_on_stdin` has the supervisor hand over `secret`.
        """
        way = way_of(self._files.read(user_id))
        return {
            SETTINGS_INPUT: str(self._files.path(user_id)),
            SECRET_INPUT: True,
            "hub_endpoints": list(way.endpoints),
            "hub_token_endpoints": list(way.token_endpoints),
            "hub_proxy": way.proxy,
            "hub_offline": way.offline,
            "hub_connections": way.connections,
            "hub_bandwidth": way.bandwidth,
        }

    def inputs_for(self, user_id: str, repo_type: str, repo_id: str) -> dict[str, Any]:
        """`inputs`, for a job that fetches a repository.

        Raises:
            HubOffline: nobody is to be asked, and it is not here: said before anything is begun.

        """
        inputs = self.inputs(user_id)
        if inputs["hub_offline"] and snapshot(self._hub_dir, repo_type, repo_id) is None:
            self.way(user_id).need_online()
        return inputs

    def secret(self, user_id: str, spec: JobSpec) -> str | None:
        """One line of JSON for the stdin of a worker that needs the Hub, else None.

        `token`, and `proxy` with its password; each only where there is one.
        """
        if not spec.inputs.get(SECRET_INPUT):
            return None
        way = self.way(user_id)
        said = {"token": way.token, "proxy": way.proxy}
        return json.dumps({name: value for name, value in said.items() if value})

    def at_once(self, user_id: str, kind: JobKind) -> int | None:
        """How many jobs of a kind this user lets work at once; None where that is not chosen."""
        if kind is not JobKind.DOWNLOAD:
            return None
        return way_of(self._files.read(user_id)).downloads

    async def get(self, user_id: str) -> HubSettings:
        """What the user has chosen, defaults filled in."""
        return await asyncio.to_thread(self._shown, user_id)

    async def patch(self, user_id: str, patch: HubSettingsPatch) -> HubSettings:
        """Change what is given; processes that fetch notice it within a second."""
        changed = await asyncio.to_thread(self._change, user_id, patch)
        if self.supervisor is not None:
            self.supervisor.poke()
        return changed

    async def check(self, user_id: str) -> HubCheck:
        """Try every address, through the proxy; an address that hangs does not hold up others."""
        way = await asyncio.to_thread(self.way, user_id)
        if way.offline:
            return HubCheck(offline=True, endpoints=[])
        found = await self._threads.run(lambda: look(way), seconds=_CHECK_SECONDS)
        return HubCheck(
            offline=False,
            endpoints=[
                EndpointCheck(
                    url=endpoint,
                    reachable=one.reachable,
                    milliseconds=one.milliseconds,
                    token_accepted=one.token_accepted,
                    problem=one.problem.body if one.problem else None,
                )
                for endpoint, one in found.items()
            ],
        )

    def _shown(self, user_id: str) -> HubSettings:
        said, secrets = self._files.read(user_id), self._secrets.read(user_id)
        known = {name: said[name] for name in HubSettings.model_fields if name in said}
        return HubSettings.model_validate(
            known
            | {
                "offline": way_of(said).offline,
                "proxy_user": secrets.get("proxy_user", ""),
                "proxy_password_set": bool(secrets.get("proxy_password")),
            }
        )

    def _change(self, user_id: str, patch: HubSettingsPatch) -> HubSettings:
        given = patch.model_dump(mode="json", exclude_none=True)
        secret = {
            "proxy_user": patch.proxy_user,
            "proxy_password": patch.proxy_password and patch.proxy_password.get_secret_value(),
        }
        changes: dict[str, str | None] = {}
        if patch.proxy == "":  # no proxy, so that what it wanted is of no more use
            changes = dict.fromkeys(secret)
        changes |= {name: value or None for name, value in secret.items() if value is not None}
        if changes:
            self._secrets.change(user_id, changes)
        self._files.change(user_id, {n: v for n, v in given.items() if n not in secret})
        return self._shown(user_id)


def _proxy(proxy: str, secrets: dict[str, Any]) -> str:
    user, password = secrets.get("proxy_user"), secrets.get("proxy_password")
    return with_password(proxy, str(user or ""), str(password or ""))
