"""The part of the route table that is about bundles; see `routes`."""

from __future__ import annotations

from .routing import Route

BUNDLE_ROUTES: tuple[Route, ...] = ()
