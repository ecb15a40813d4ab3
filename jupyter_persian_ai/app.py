"""The Jupyter extension: traitlets become `Settings`, the service is opened and closed.

Owns configuration (this module and `cli` are the only ones that read the environment) and the
signs of life that keep a Hub from culling a server with a running job. Handlers are in
`server.routes`, work is in `services`, which is imported off the event loop when the server
starts: a Jupyter server that only loads us pays neither for SQLAlchemy nor for what stands on it.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import MISSING, Field, fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_type_hints

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from tornado import ioloop
from traitlets import Float, Int, TraitType, Unicode
from traitlets.traitlets import MetaHasTraits

from .errors import Busy, PersianAIError
from .protocol.base import now
from .server import home
from .server.base import SERVICE
from .server.routes import handlers
from .settings import Settings

if TYPE_CHECKING:
    from .services.service import Service

#: Parameters that must never reach a log.
SECRET_PARAMETERS = ("hf_token", "huggingface_token", "secret")
#: How often we look whether jobs run, in seconds.
ACTIVITY_SECONDS = 30.0
#: Longest pause between two tries to open a database that is away, in seconds.
RETRY_SECONDS = 30.0
DATA_DIR_VARIABLE = "JUPYTER_PERSIAN_AI_DATA_DIR"


def default_data_dir() -> Path:
    """Where everything is kept when nothing was configured."""
    named = os.environ.get(DATA_DIR_VARIABLE)
    return Path(named) if named else Path(jupyter_data_dir()) / "persian_ai"


def _trait(setting: Field[Any], kind: type) -> TraitType[Any, Any]:
    """The traitlet of one setting; paths are written as text."""
    help_text = setting.metadata["help"]
    default = "" if setting.default is MISSING else setting.default
    trait: TraitType[Any, Any] = {int: Int, float: Float}.get(kind, Unicode)(
        default, help=help_text
    )
    return trait.tag(config=True)


class _WithSettings(MetaHasTraits):
    """Gives the class a traitlet for every field of `Settings`."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any
    ) -> Any:
        kinds = get_type_hints(Settings)
        for setting in fields(Settings):
            namespace.setdefault(setting.name, _trait(setting, kinds[setting.name]))
        return super().__new__(mcs, name, bases, namespace, **kwargs)


class PersianAIApp(ExtensionApp, metaclass=_WithSettings):
    """Train, watch and chat with Persian language models inside JupyterLab."""

    name = "jupyter_persian_ai"
    app_name = "Jupyter Persian AI"
    extension_url = home.PATH
    load_other_extensions = True

    service: Service | None = None
    _opening: asyncio.Task[None] | None = None
    _pulse: ioloop.PeriodicCallback | None = None
    _working_since: float | None = None

    @property
    def _web_settings(self) -> dict[str, Any]:
        """What handlers see as `self.settings`."""
        server = cast("ServerApp", self.serverapp)
        settings: dict[str, Any] = server.web_app.settings
        return settings

    def chosen(self) -> Settings:
        """The settings in force."""
        values = {setting.name: getattr(self, setting.name) for setting in fields(Settings)}
        named = values["data_dir"]
        values["data_dir"] = Path(named).expanduser() if named else default_data_dir()
        return Settings(**values)

    def initialize_settings(self) -> None:
        """What handlers read from the server's settings."""
        scrubbed = self._web_settings.get("extra_log_scrub_param_keys", [])
        self.settings["extra_log_scrub_param_keys"] = [*scrubbed, *SECRET_PARAMETERS]

    def initialize_handlers(self) -> None:
        """The route table."""
        self.handlers.extend(handlers())

    async def _start_jupyter_server_extension(self, _serverapp: ServerApp) -> None:
        """Open the service once the event loop runs; until then routes answer 503."""
        self._opening = asyncio.create_task(self._open())
        self._pulse = ioloop.PeriodicCallback(self._beat, ACTIVITY_SECONDS * 1000)
        self._pulse.start()

    async def opened(self) -> Service:
        """The service, once it is open."""
        if self._opening is not None:
            await self._opening
        if self.service is None:
            raise Busy
        return self.service

    async def stop_extension(self) -> None:
        """Let go; workers go on and are adopted by the next server."""
        if self._pulse is not None:
            self._pulse.stop()
        if self._opening is not None:
            self._opening.cancel()
            with suppress(asyncio.CancelledError):
                await self._opening
        if self.service is not None:
            service, self.service = self.service, None
            self._web_settings.pop(SERVICE, None)
            await service.close()

    def current_activity(self) -> bool | None:
        """Truth holds off the server's own shutdown for want of activity."""
        return True if self._is_working() else None

    async def _open(self) -> None:
        """Open the service, again and again while its database is away."""
        service = await asyncio.to_thread(import_module, "jupyter_persian_ai.services.service")
        pause = 1.0
        while True:
            try:
                self.service = await service.Service.open(self.chosen())
            except PersianAIError as error:
                self.log.warning("jupyter_persian_ai cannot start yet: %s", error)
                await asyncio.sleep(pause)
                pause = min(RETRY_SECONDS, pause * 2)
            else:
                self._web_settings[SERVICE] = self.service
                await self._beat()
                return

    async def _beat(self) -> None:
        """While a job runs the server counts as active, up to the longest life of a job."""
        if self.service is None:
            return
        try:
            busy = await self.service.busy()
        except PersianAIError:
            return
        if not busy:
            self._working_since = None
            return
        self._working_since = self._working_since or time.monotonic()
        if self._is_working():
            self._web_settings["jupyter_persian_ai_last_activity"] = now()

    def _is_working(self) -> bool:
        if self.service is None or self._working_since is None:
            return False
        hours = (time.monotonic() - self._working_since) / 3600
        return hours < self.service.settings.max_job_hours


main = launch_new_instance = PersianAIApp.launch_instance
