"""The store: the only place where SQLAlchemy lives.

Query functions stand one noun a module (`jobs`, `datasets`, `chat`, ...), take a `Session` first
and give back words of `protocol`. Whatever changes something appends its event in the same
transaction, so that what a client is told and what is stored cannot differ.
"""

from __future__ import annotations

from .database import Store

__all__ = ["Store"]
