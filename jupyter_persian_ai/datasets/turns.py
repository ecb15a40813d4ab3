"""Reads conversations: OpenAI's `role` and `content`, ShareGPT's `from` and `value`.

Owns the names of roles and the order that turns must have. The order is strict (a system turn
first if at all, then user and assistant by turns), because most chat templates refuse any other,
and would do so in the middle of a training.
"""

from __future__ import annotations

import ast
import json
from typing import Any

from .problems import Problem

_ROLES = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user", "کاربر": "user",
    "assistant": "assistant", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant",
    "model": "assistant", "دستیار": "assistant",
}  # fmt: skip
_ROLE_KEYS = ("role", "from", "speaker")
_CONTENT_KEYS = ("content", "value", "text")
Turn = dict[str, str]


def listed(value: object) -> list[Any] | None:
    """`value` as a list: one, or a text that writes one in JSON or Python; None if neither."""
    if isinstance(value, list):
        return value
    if not isinstance(value, str) or not value.lstrip().startswith("["):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(value.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return found if isinstance(found, list) else None
    return None


def is_turns(value: object) -> bool:
    """Whether `value` looks like the turns of a conversation."""
    found = listed(value)
    return bool(found) and all(
        isinstance(turn, dict) and _of(turn, _ROLE_KEYS) is not None for turn in found or []
    )


def conversation(
    value: object, name: str, line: int, *, answer_only: bool = False
) -> list[Turn] | Problem:
    """The turns in field `name`, each `{"role", "content"}`; or what is wrong with them.

    `answer_only`: the turns may be a lone answer, as in a preference whose prompt is elsewhere.
    """
    found = listed(value)
    if found is None:
        return Problem(line, "not_turns", name, field=name)
    if not found:
        return Problem(line, "no_turns", name, field=name)
    turns: list[Turn] = []
    for place, one in enumerate(found, start=1):
        turn = _turn(one, name, line, place)
        if isinstance(turn, Problem):
            return turn
        turns.append(turn)
    return _disorder(turns, name, line, answer_only=answer_only) or turns


def _turn(value: object, name: str, line: int, place: int) -> Turn | Problem:
    role = _of(value, _ROLE_KEYS) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(role, str):
        return Problem(line, "bad_turn", field=name, place=place)
    known = _ROLES.get(role.strip().lower())
    if known is None:
        return Problem(line, "bad_role", role[:40], field=name, place=place)
    content = _content(_of(value, _CONTENT_KEYS))
    if content is None:
        return Problem(line, "not_text", name, field=name, place=place)
    return {"role": known, "content": content}


def _content(value: object) -> str | None:
    """The text of a turn; parts of text are joined, anything else is no text."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        return None
    texts = [
        part.get("text") for part in value if isinstance(part, dict) and part.get("type") == "text"
    ]
    if len(texts) != len(value) or not all(isinstance(text, str) for text in texts):
        return None
    return "".join(str(text) for text in texts)


def _of(turn: dict[str, Any], keys: tuple[str, ...]) -> object:
    return next((turn[key] for key in keys if turn.get(key) is not None), None)


def _disorder(turns: list[Turn], name: str, line: int, *, answer_only: bool) -> Problem | None:
    roles = [turn["role"] for turn in turns]
    if "system" in roles[1:]:
        return Problem(line, "late_system", field=name, place=roles.index("system", 1) + 1)
    start = 1 if roles[0] == "system" else 0
    said = roles[start:]
    if not said:
        return Problem(line, "no_turns", name, field=name)
    if said[0] != "user" and not (answer_only and len(turns) == 1):
        return Problem(line, "answer_first", field=name, place=start + 1)
    for place in range(1, len(said)):
        if said[place] == said[place - 1]:
            what = f"{said[place - 1]} → {said[place]}"
            return Problem(line, "turn_order", what, field=name, place=start + place + 1)
    return None
