"""A ready request: what a newcomer starts with one press."""

from __future__ import annotations

from .base import Note, Wire
from .jobs import TrainingAsk


class Preset(Wire):
    """A training that is known to work on the sample data that is here."""

    id: str
    title: Note
    summary: Note
    ask: TrainingAsk
