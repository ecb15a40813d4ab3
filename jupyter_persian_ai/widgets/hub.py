"""`pai.hub`: what the Hub has now, and the way to it: token, addresses, proxy, limits, offline.

A token goes to the service and is nowhere kept, shown or returned here. Must not ask the Hub.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from ..client import Client, current
from ..errors import PersianAIError
from ..protocol.catalogue import HubHit, RepoType
from .hub_views import Checked, Repository, TokenState, Way
from .listing import Listing


class Hub:
    """`hub(words)` searches it; `token`, `settings`, `offline` and `check` are the way to it."""

    def __call__(
        self,
        q: str = "",
        *,
        type: RepoType = "model",
        persian: bool = True,
        sort: Literal["downloads", "likes", "updated"] = "downloads",
        limit: int = 30,
        client: Client | None = None,
    ) -> Listing[HubHit]:
        """What the Hub finds now.

        Args:
            q: words; everything without them.
            type: `model` or `dataset`.
            persian: only what says that it is Persian.
            sort: what comes first.
            limit: how many, at most 100.
            client: another service than the one in use.

        Raises:
            HubOffline: it cannot be reached, or is not to be asked.
            HubThrottled: it wants a pause.

        """
        found = current(client).catalogue.hub(q, type=type, persian=persian, sort=sort, limit=limit)
        return Listing(
            found.items,
            {
                "repository": lambda one: one.repo_id,
                "task": lambda one: one.task,
                "licence": lambda one: one.license,
                "downloads": lambda one: f"{one.downloads:,}",
                "gated": lambda one: "✓" if one.gated else "",
                "installed": lambda one: one.installed,
            },
        )

    def repo(
        self,
        repo_id: str,
        *,
        type: RepoType = "model",
        revision: str = "main",
        client: Client | None = None,
    ) -> Repository:
        """What a repository holds, and what a download would fetch. Raises `HubProblem`s."""
        service = current(client)
        told = service.catalogue.repo(repo_id, type, revision)
        return Repository.of(told, persian=_persian(service))

    def token(
        self,
        value: str | None = None,
        *,
        ask: bool = False,
        validate: bool = False,
        remove: bool = False,
        client: Client | None = None,
    ) -> TokenState:
        """What is known of the token that the Hub is asked with; the token itself is never shown.

        A cell is kept in the notebook's file with what you write in it: `token(ask=True)` asks
        for the token in a hidden field instead.

        Args:
            value: a token to keep, for this user alone; the Hub says first whose it is.
            ask: ask for it in a hidden field.
            validate: ask the Hub again whose it is.
            remove: forget it.
            client: another service than the one in use.

        Raises:
            PersianAIError: the Hub does not know this token; the earlier one stays.

        """
        service = current(client)
        if ask:
            value = getpass.getpass("Hugging Face token: ")
        with _discreet():
            if remove:
                service.hub.remove_token()
            elif value is not None:
                return TokenState.model_validate(service.hub.set_token(value).model_dump())
            elif validate:
                return TokenState.model_validate(service.hub.validate_token().model_dump())
        return TokenState.model_validate(service.hub.token().model_dump())

    def settings(
        self,
        *,
        endpoints: Sequence[str | Mapping[str, Any]] | None = None,
        proxy: str | None = None,
        proxy_user: str | None = None,
        proxy_password: str | None = None,
        connections: int | None = None,
        downloads: int | None = None,
        bandwidth: int | None = None,
        offline: bool | None = None,
        client: Client | None = None,
    ) -> Way:
        """How the Hub is reached; what is named is changed, at once, for running downloads too.

        Args:
            endpoints: addresses that are tried in order; `{"url": …, "token": True}` may see the
                token, others may not.
            proxy: an HTTP or SOCKS proxy, such as `socks5h://127.0.0.1:1080`; empty for none.
            proxy_user: who we are there.
            proxy_password: kept like the token; empty removes it.
            connections: of one download at once, 1 to 64.
            downloads: at the same time, 1 to 16.
            bandwidth: bytes/s of all downloads together; 0 for no limit.
            offline: nobody is asked; what is here goes on.
            client: another service than the one in use.

        Raises:
            InvalidField: a value is out of range.

        """
        service = current(client)
        given = {
            "endpoints": None if endpoints is None else [_endpoint(one) for one in endpoints],
            "proxy": proxy,
            "proxy_user": proxy_user,
            "proxy_password": proxy_password,
            "connections": connections,
            "downloads": downloads,
            "bandwidth": bandwidth,
            "offline": offline,
        }
        changed = {name: value for name, value in given.items() if value is not None}
        with _discreet():
            told = service.hub.change(changed) if changed else service.hub.settings()
        return Way.of(told, persian=_persian(service))

    def offline(self, offline: bool = True, *, client: Client | None = None) -> Way:
        """Ask nobody any more, or (`False`) ask again; what is here goes on either way."""
        return self.settings(offline=offline, client=client)

    def check(self, *, client: Client | None = None) -> Checked:
        """Try every address, through the proxy; says which answers, and how fast."""
        service = current(client)
        return Checked.of(service.hub.check(), persian=_persian(service))

    def __repr__(self) -> str:
        return "<hub: hub(words) searches it, hub.settings() is the way to it>"


def _persian(client: Client) -> bool:
    return client.service.settings().language == "fa"


def _endpoint(one: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"url": one} if isinstance(one, str) else dict(one)


@contextmanager
def _discreet() -> Iterator[None]:
    """Of an error only its words are shown: a traceback would quote the cell, secret and all."""
    try:
        yield
    except PersianAIError as error:
        if "IPython" in sys.modules:
            said = [f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])]
            # IPython shows what this method of an error gives in place of a traceback.
            error._render_traceback_ = lambda: said  # type: ignore[attr-defined]
        raise


#: The word of the API.
hub = Hub()
