"""The steps that make one version of a dataset of another, and what they would do.

`applying` streams rows through them; `changes` are steps that look at one row at a time, `choices`
those that have to know all rows before they can say which stay; `checking` says at once whether
they fit the data, `previewing` what they would do to its beginning. The same steps on the same
content give the same bytes.
"""

from __future__ import annotations

from .applying import apply
from .previewing import preview

__all__ = ["apply", "preview"]
