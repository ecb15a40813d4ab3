"""`me`, `health`, `settings`, `monitoring`, `notifications` as typed methods.

Every method is one request; must not keep state.
"""

from __future__ import annotations

from typing import Any

from ...protocol.service import ApiMetrics, Health, Me, Notification, System, UserSettings
from .area import Area


class ServiceArea(Area):
    """`me`, `health`, `settings`, `monitoring`, `notifications`."""

    def me(self) -> Me:
        """Who we are there."""
        return self._one(Me, "GET", "me", timeout=10.0)

    def health(self) -> Health:
        """How the parts are."""
        return self._one(Health, "GET", "health")

    def settings(self) -> UserSettings:
        """What the user has chosen."""
        return self._one(UserSettings, "GET", "settings")

    def change_settings(self, **changed: Any) -> UserSettings:
        """Change what is named. Raises `InvalidField`."""
        return self._one(UserSettings, "PATCH", "settings", body=changed)

    def system(self) -> System:
        """The machine of the service, now."""
        return self._one(System, "GET", "monitoring/system")

    def api_metrics(self) -> ApiMetrics:
        """Requests and their times since the service started."""
        return self._one(ApiMetrics, "GET", "monitoring/metrics")

    def notifications(self, *, unread: bool = False) -> list[Notification]:
        """Stored notices, newest first."""
        asked = "true" if unread else None
        return list(self._pages(Notification, "notifications", unread=asked, limit=200))
