"""What a client may follow live: every list that the store tells of."""

from __future__ import annotations

import pytest

from jupyter_persian_ai.protocol.jobs import JobKind
from jupyter_persian_ai.server.socket import TOPICS
from jupyter_persian_ai.store.job_view import list_topic


@pytest.mark.parametrize("kind", JobKind)
def test_the_list_of_every_kind_of_job_can_be_followed(kind: JobKind) -> None:
    assert list_topic(kind) in TOPICS
