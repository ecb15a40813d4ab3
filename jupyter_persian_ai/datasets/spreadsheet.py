"""Cells that a spreadsheet shows and does not run: what a stranger wrote may begin like a formula.

The one place that knows what begins a formula (CWE-1236).
"""

from __future__ import annotations

#: What begins a formula, also in full width, or a cell that a program splits before one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(text: str) -> str:
    """`text`, after an apostrophe where it would be taken for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
