"""The words on the wire.

Everything that crosses a process boundary (HTTP, WebSocket, spool, job folder) is a pydantic
model of this package, and is the source of `openapi.json` and of the front end's `protocol.ts`.
It must not import anything but `errors`, and never torch or SQLAlchemy.
"""

from __future__ import annotations
