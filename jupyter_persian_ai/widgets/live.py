"""The base of every widget: how a page in a notebook gets what it shows.

Two ways, chosen by the page. *Direct*: the page belongs to the very Jupyter server that holds
the service (same epoch) and talks to it itself, so it goes on when the kernel is busy or gone.
*Kernel*: anywhere else, this kernel asks and follows for the page. All that a page needs to
begin is in the widget's first state, and later batches are pushed by a thread: nothing waits for
an answer of the kernel, so a cell that blocks goes on showing. Must not know a route's meaning.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from ..client import Client
from ..errors import PersianAIError
from . import display
from .pump import Pump
from .relay import Relay

_STATIC = Path(__file__).parent / "static"
#: Requests with which every page begins: how the reader wants it, and the number of that.
_EVERYWHERE = ("settings", "notifications?limit=1")
#: Seconds that a page of our own server gets to say that it needs nothing from the kernel.
_PAGE_PATIENCE = 3.0
_NOT_BUILT = """
export default { render({ el }) {
  el.textContent = "jupyter_persian_ai: the widgets were not built (jlpm build:widget).";
} };
"""


def _front_end() -> tuple[str, str]:
    """The bundled ES module and its styles; a checkout that was not built says so in the page."""
    try:
        module = (_STATIC / "widget.js").read_text("utf-8")
        return module, (_STATIC / "style.css").read_text("utf-8")
    except FileNotFoundError:
        return _NOT_BUILT, ""


class LiveWidget(anywidget.AnyWidget):  # type: ignore[misc]
    """A view of the service. Subclasses say what it shows, begins with, and follows."""

    _esm, _css = _front_end()

    kind = t.Unicode(help="which view the page draws").tag(sync=True)
    about = t.Dict(help="ids that the view is about").tag(sync=True)
    service = t.Dict(help="epoch of the service, and the way to it: auto or kernel").tag(sync=True)
    snapshot = t.Dict(help="see `pump`").tag(sync=True)
    delta = t.Dict(help="see `pump`").tag(sync=True)
    scripts = t.Dict(help="BokehJS, gzipped, by route; empty until a page needs it").tag(sync=True)

    def __init__(
        self,
        client: Client,
        *,
        kind: str,
        about: Mapping[str, Any],
        paths: Sequence[str],
        numbered: Sequence[str],
        topics: Sequence[str],
        scripts: Sequence[str] = (),
        transport: str = "auto",
    ) -> None:
        self.client = client
        self._scripts = tuple(scripts)
        self._pages: dict[str, str] = {}
        self._relay = Relay(client, self.send)
        self._pump = Pump(
            client,
            paths=[*paths, *_EVERYWHERE],
            numbered=[*numbered, *_EVERYWHERE[1:]],
            topics=[*topics, "settings"],
            show=self._show,
        )
        self._shown = False
        live = display.kernel() is not None
        me = client.me or client.service.me()
        first = self._pump.snapshot() if live else {}
        super().__init__(
            kind=kind,
            about=dict(about),
            service={"epoch": me.epoch, "transport": transport},
            snapshot=first,
            # A page that is surely not our server's gets everything at once.
            scripts=self._packed() if live and not self._own(transport) else {},
        )
        self.on_msg(self._hear)
        if live:
            self._pump.start(first)
            if self._scripts and self._own(transport):
                timer = threading.Timer(
                    _PAGE_PATIENCE, self._give_scripts, kwargs={"unasked": True}
                )
                timer.daemon = True
                timer.start()

    def close(self) -> None:
        """Remove the view and stop following."""
        self._pump.stop()
        super().close()

    def _own(self, transport: str) -> bool:
        return self.client.address.own and transport == "auto"

    def _show(self, name: str, value: dict[str, Any]) -> None:
        """Called by the pump's thread."""
        self.set_trait(name, value)

    # --- what pages say -----------------------------------------------------------------------

    def _hear(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        match content.get("type"):
            case "page":
                self._meet(str(content.get("page")), str(content.get("mode")))
            case "ask":
                self._relay.take(content)
            case "cancel":
                self._relay.cancel(str(content.get("id")))
            case "heal":
                self._pump.heal()
            case "scripts":
                self._give_scripts()

    def _meet(self, page: str, mode: str) -> None:
        """A page began: when all of them go their own way, nothing is pushed."""
        self._pages[page] = mode
        quiet = all(known == "direct" for known in self._pages.values())
        if self._pump.quiet and not quiet:
            self._pump.heal()
        self._pump.quiet = quiet

    def _give_scripts(self, *, unasked: bool = False) -> None:
        if self.scripts or (unasked and self._pages):
            return
        self.scripts = self._packed()

    def _packed(self) -> dict[str, bytes]:
        return {path: _gzipped(self.client, path) for path in self._scripts}

    # --- without a page -----------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.client!r}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self._shown = True
        if display.kernel() is None:
            return {"text/plain": repr(self)}
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return {"text/plain": repr(self)}
        data, metadata = bundle
        return {**data, "text/plain": repr(self)}, metadata


_packed_lock = threading.Lock()
_packed_scripts: dict[tuple[str, str], bytes] = {}


def _gzipped(client: Client, path: str) -> bytes:
    """A script of the service, a quarter of its size; fetched once in this kernel."""
    key = (client.address.url, path)
    with _packed_lock:
        if key not in _packed_scripts:
            try:
                _packed_scripts[key] = gzip.compress(client.transport.content(path))
            except PersianAIError:
                return b""
        return _packed_scripts[key]
