"""What the service raised is raised here again."""

from __future__ import annotations

import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.client.remote_errors import from_answer, from_body


def _all(kind: type[errors.PersianAIError]) -> list[type[errors.PersianAIError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _all(child))]


OURS = [kind for kind in _all(errors.PersianAIError) if kind.__module__.startswith(errors.__name__)]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.code)
def test_every_error_comes_back_as_itself(kind: type[errors.PersianAIError]) -> None:
    names = ("path", "reason", "reason_fa", "field", "id", "what", "limit", "name", "url")
    sent = kind(**{name: f"«{name}»" for name in names})
    back = from_answer(sent.status, {"error": sent.body.model_dump(mode="json")}, "http://a/")
    assert type(back).__mro__[1:] == kind.__mro__[1:]
    assert back.code == kind.code
    assert back.body == sent.body
    assert str(back) == sent.body.message
    assert sent.body.message_fa in back.__notes__


def test_an_error_of_a_newer_service_keeps_its_words() -> None:
    body = errors.ErrorBody(
        code="from_the_future", message="Too soon.", message_fa="زود است.", details={"n": 1}
    )
    error = from_body(body)
    assert isinstance(error, errors.PersianAIError)
    assert str(error) == "Too soon."
    assert error.body == body


def test_other_words_of_a_known_error_are_kept() -> None:
    body = errors.Busy().body.model_copy(update={"message": "Another sentence."})
    assert str(from_body(body)) == "Another sentence."


@pytest.mark.parametrize(
    ("status", "payload", "kind"),
    [
        (302, None, errors.Unauthenticated),
        (401, None, errors.Unauthenticated),
        (403, {"message": "Forbidden", "reason": None}, errors.Forbidden),
        (404, "<html>", errors.NotFound),
        (413, None, errors.TooLarge),
        (503, None, errors.Busy),
        (500, {"error": {"nothing": "of ours"}}, errors.ServiceUnreachable),
    ],
)
def test_answers_of_others_become_ours(
    status: int, payload: object, kind: type[errors.PersianAIError]
) -> None:
    assert type(from_answer(status, payload, "http://a.test/")) is kind
