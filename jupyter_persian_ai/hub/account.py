"""Whom a token belongs to and what it may do, as an address that answers for the Hub says.

Shows a token only to an address that may see it. Never puts one into an error or an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

from ..errors import HubOffline, HubThrottled, PersianAIError, TokenRefused
from .asking import Said, ask, no_hub, shown
from .way import Way

Role = Literal["", "read", "write", "fine-grained"]

_WHOAMI = "/api/whoami-v2"
_ROLES: dict[str, Role] = {"read": "read", "write": "write", "fineGrained": "fine-grained"}
_LONGEST_NAME = 200
_SECONDS = 10.0
#: Costs little and is there on every Hub.
_PROBE = "/api/models"


@dataclass(frozen=True, slots=True)
class Account:
    """Who a token signs in, said by `endpoint`."""

    name: str
    role: Role
    endpoint: str


@dataclass(frozen=True, slots=True)
class Answering:
    """How one address answered; `token_accepted` is None when it was not shown one."""

    reachable: bool
    milliseconds: float | None = None
    token_accepted: bool | None = None
    problem: PersianAIError | None = None


def whoami(way: Way) -> Account:
    """The account of `way.token`, from the first address that may see it and answers.

    Raises:
        TokenRefused: one of them does not know it.
        HubOffline: nobody that may see it answers, or nobody is to be asked.
        HubThrottled: it was asked too often.

    """
    way.need_online()
    failure: PersianAIError = HubOffline(
        endpoint=shown(way.endpoints[0]),
        reason="none of your addresses may see the token",
        reason_fa="هیچ‌یک از نشانی‌های شما اجازهٔ دیدن توکن را ندارد",
    )
    for endpoint in way.token_endpoints:
        try:
            return _asked(way, endpoint)
        except (HubOffline, HubThrottled) as error:
            failure = error
    raise failure


def _asked(way: Way, endpoint: str) -> Account:
    # Only for this one: a mirror that may not see the token must not, though it be led to.
    alone = replace(way, endpoints=(endpoint,), token_endpoints=(endpoint,))
    try:
        said = ask(alone, endpoint, _WHOAMI, seconds=_SECONDS)
    except Said as answer:
        raise refusal(answer) from None
    if not isinstance(said, dict) or not isinstance(said.get("name"), str):
        no_hub(endpoint)
    token = said.get("auth") if isinstance(said.get("auth"), dict) else {}
    facts = token.get("accessToken") if isinstance(token, dict) else None
    role = str(facts.get("role", "")) if isinstance(facts, dict) else ""
    return Account(said["name"][:_LONGEST_NAME], _ROLES.get(role, ""), shown(endpoint))


def refusal(answer: Said) -> PersianAIError:
    """What an answer to a question that shows a token means."""
    if answer.status in {401, 403}:
        return TokenRefused(endpoint=shown(answer.endpoint), status=answer.status)
    return unanswered(answer)


def unanswered(answer: Said) -> PersianAIError:
    """An answer that says nothing of what was asked."""
    if answer.status == 429:
        return HubThrottled(seconds=pause(answer))
    return HubOffline(
        endpoint=shown(answer.endpoint),
        reason=f"it answered with status {answer.status}",
        reason_fa=f"با وضعیت {answer.status} پاسخ داد",
    )


def pause(answer: Said) -> int:
    """Seconds that an answer asks to wait."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    said = headers.get("retry-after", "")
    return min(int(said), 3600) if said.isdecimal() else 60


def look(way: Way) -> dict[str, Answering]:
    """How each address of `way` answers, all at the same time; with the token where it may."""
    with ThreadPoolExecutor(len(way.endpoints)) as threads:
        return dict(
            zip(way.endpoints, threads.map(lambda one: _look(way, one), way.endpoints), strict=True)
        )


def _look(way: Way, endpoint: str) -> Answering:
    if way.token and endpoint in way.token_endpoints:
        return _timed(lambda: _asked(way, endpoint), token=True)
    bare = replace(way, token="")
    params = (("limit", "1"),)
    return _timed(lambda: _listed(bare, endpoint, params), token=False)


def _listed(way: Way, endpoint: str, params: tuple[tuple[str, str], ...]) -> None:
    try:
        said = ask(way, endpoint, _PROBE, params, seconds=_SECONDS)
    except Said as answer:
        raise unanswered(answer) from None
    if not isinstance(said, list):
        no_hub(endpoint)


def _timed(question: Callable[[], object], *, token: bool) -> Answering:
    begun = time.monotonic()
    try:
        question()
    except TokenRefused as problem:
        return Answering(True, _since(begun), False, problem)
    except HubThrottled as problem:
        return Answering(True, _since(begun), None, problem)
    except HubOffline as problem:
        return Answering(False, None, None, problem)
    return Answering(True, _since(begun), True if token else None)


def _since(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)
