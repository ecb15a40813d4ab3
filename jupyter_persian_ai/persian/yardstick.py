"""The Persian text that all tokenizers are measured on, so that their figures can be compared."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def yardstick() -> str:
    """Some Persian of many kinds, a sentence a line; written for this and nothing else."""
    return (Path(__file__).parent / "yardstick.txt").read_text("utf-8")
