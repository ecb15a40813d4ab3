"""How a handle shows itself at the end of a cell: live where that can be drawn, else in words.

Must not know what the handle is of, nor draw anything itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import display

if TYPE_CHECKING:
    from .live import LiveWidget


class LiveView:
    """A handle with a live view; its `repr` is what is kept beside it, and shown without one."""

    def widget(self) -> LiveWidget | None:
        """Its live view, where it has one; the same one each time."""
        raise NotImplementedError

    def _is_drawn(self) -> bool:
        """Whether this showing draws the view; asked once a showing, before `repr`."""
        return display.kernel() is not None

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ARG002 - IPython's signature
        drawn = self._is_drawn()
        plain = {"text/plain": repr(self)}
        widget = self.widget() if drawn else None
        bundle = None if widget is None else widget._repr_mimebundle_()
        if not isinstance(bundle, tuple):
            return plain
        data, metadata = bundle
        return {**data, **plain}, metadata
