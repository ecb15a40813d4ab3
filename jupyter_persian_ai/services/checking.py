"""One way from untrusted data to a protocol object.

Owns the translation of pydantic's complaints into `InvalidField` with the field named; bodies,
queries and recipes' options all go through it. Must not be used on data of our own making: a
fault there is ours and has to be seen as one.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import InvalidField, InvalidRequest

Checked = TypeVar("Checked", bound=BaseModel)


def checked(model: type[Checked], data: Any, *, within: str = "") -> Checked:
    """`data` as `model`; `within` is the field that it stands in.

    Raises:
        InvalidRequest: when `data` is no object at all.
        InvalidField: for the first field that is not acceptable; `details.problems` has them all.

    """
    if not isinstance(data, dict):
        raise InvalidRequest(field=within or "body", reason="a JSON object is needed")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [
            {"field": _dotted(within, problem["loc"]), "reason": problem["msg"]}
            for problem in error.errors(include_url=False, include_context=False)
        ]
        raise InvalidField(**problems[0], problems=problems) from error


def _dotted(within: str, location: tuple[int | str, ...]) -> str:
    parts = ([within] if within else []) + [str(part) for part in location]
    return ".".join(parts) or "body"
