"""Routes of notices."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from .base import Handler
from .queries import NotificationsQuery

RESOURCE = "persian_ai_notifications"


class NotificationsHandler(Handler):
    """`notifications`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The list."""
        query = self.query(NotificationsQuery)
        self.answer(await self.service.notifications.page(await self.owner(), **query.model_dump()))

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        """Delete all."""
        await self.service.notifications.delete_all(await self.owner())
        self.done()


class NotificationHandler(Handler):
    """`notifications/{notification_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, notification_id: str) -> None:
        """One notice."""
        self.answer(await self.service.notifications.get(await self.owner(), notification_id))

    @web.authenticated
    @authorized
    async def delete(self, notification_id: str) -> None:
        """Delete it."""
        await self.service.notifications.delete(await self.owner(), notification_id)
        self.done()


class ReadHandler(Handler):
    """`notifications/{notification_id}/read`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, notification_id: str) -> None:
        """It was seen."""
        notice = await self.service.notifications.mark_read(await self.owner(), notification_id)
        self.answer(notice)


class ReadAllHandler(Handler):
    """`notifications/read-all`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """All were seen."""
        await self.service.notifications.mark_all_read(await self.owner())
        self.done()
