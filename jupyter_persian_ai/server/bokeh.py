"""BokehJS of the installed package, so that the panel fetches nothing from outside.

Owns the list of files that may be asked for. Finds the package without importing it.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import NotFound
from ..services.archive import file_pieces, unblocked
from .base import Handler

FILES = frozenset(
    f"bokeh{part}{small}.js"
    for part in ("", "-api", "-gl", "-widgets", "-tables", "-mathjax")
    for small in ("", ".min")
)


def folder() -> Path:
    """Where the installed bokeh keeps its scripts."""
    spec = importlib.util.find_spec("bokeh")
    if spec is None or spec.origin is None:
        raise NotFound(what="package", id="bokeh")
    return Path(spec.origin).parent / "server" / "static" / "js"


class BokehHandler(Handler):
    """`bokeh/{file}`."""

    auth_resource = "persian_ai_service"

    @web.authenticated
    @authorized
    async def get(self, file: str) -> None:
        """One of BokehJS's files."""
        path = folder() / file
        if file not in FILES or not path.is_file():
            raise NotFound(what="script", id=file)
        self.set_header("X-Content-Type-Options", "nosniff")
        await self.send_stream(
            unblocked(file_pieces(path)), "text/javascript; charset=utf-8", cache=86_400
        )
