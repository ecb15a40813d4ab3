"""persian: what is particular to Persian text. See the modules."""

from .normaliser import normalise

__all__ = ["normalise"]
