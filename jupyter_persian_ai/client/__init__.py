"""The HTTP and WebSocket client that notebooks, widgets and scripts use.

Knows `protocol` and `errors` and nothing below; must not import torch, SQLAlchemy or the server.
"""

from __future__ import annotations

from .address import Address
from .connecting import connect, current, disconnect
from .session import Client
from .stream import EventStream, Follower

__all__ = ["Address", "Client", "EventStream", "Follower", "connect", "current", "disconnect"]
