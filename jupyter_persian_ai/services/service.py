"""The running service: one store, one supervisor, and everything a user can ask for.

Owns the order in which the parts are made, started and stopped; nothing else. Workers are not
stopped with it: they go on, and the next server adopts them.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from ..jobs.root import root_id
from ..jobs.supervisor import Supervisor
from ..paths import private_folder
from ..protocol.jobs import Job, JobKind
from ..settings import Settings
from ..store import Store
from ..store import jobs as job_rows
from . import notifications
from .adoption import adopt
from .bundle_completion import Unbundled
from .bundle_uploads import BundleUploads
from .bundles import Bundles
from .catalogue import CatalogueService
from .chat import Chat
from .comparing import Comparing
from .contents import Contents
from .dataset_completion import Completion
from .dataset_imports import Imports
from .dataset_insight import Insight
from .dataset_versions import Versions
from .datasets import Datasets
from .downloads import Downloads
from .engines import Engines
from .exports import Exports
from .figures import Figures
from .health import HealthProbe
from .hub_search import HubSearch
from .hub_settings import HubWay
from .hub_threads import HubThreads
from .hub_token import HubTokens
from .jobs import Jobs
from .lineage import LineageOfModels
from .model_imports import ModelImports
from .model_jobs import ModelJobs
from .model_removal import Removal
from .model_tokenizers import ModelTokenizers
from .model_users import UsersOfModels
from .model_versions import ModelVersions
from .models import Models
from .monitoring import Monitoring
from .notifications import Notifications
from .optimizations import Optimizations
from .persian import Persian
from .preferences import Preferences
from .presets import Presets
from .pushing import Pushing
from .queueing import Queue
from .scanning import Scanning
from .stream import EventStream
from .subscription import Subscription
from .training import Training
from .uploads import Uploads
from .user_file import UserFiles
from .users import Users


class Service:
    """Everything a user can ask for. Make it with `open`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.uploads = Uploads(settings)
        self.contents = Contents(settings)
        self._hub_threads = HubThreads()
        secrets = UserFiles(settings.data_dir / "secrets")
        ways = UserFiles(settings.data_dir / "hub_settings")
        self.hub_settings = HubWay(ways, secrets, settings.data_dir / "hub", self._hub_threads)
        self.hub_token = HubTokens(secrets, self.hub_settings, self._hub_threads)
        completion = Completion(settings, self.contents, self.uploads)
        self.bundle_uploads = BundleUploads(settings)
        unbundled = Unbundled(settings, self.contents, self.bundle_uploads)
        self.supervisor = Supervisor(
            store,
            settings,
            on_change=(
                adopt,
                completion.job_changed,
                unbundled.job_changed,
                notifications.job_changed,
            ),
            secret=self.hub_settings.secret,
            at_once=self.hub_settings.at_once,
        )
        self.hub_settings.supervisor = self.supervisor
        queue = Queue(store, self.supervisor, root_id(settings.data_dir))
        self.engines = Engines(settings)
        self.users = Users(store)
        self.stream = EventStream(store, settings)
        self.datasets = Datasets(store, settings, self.uploads, self.contents)
        self.imports = Imports(
            store, settings, queue, self.uploads, self.contents, self.hub_settings
        )
        self.versions = Versions(store, settings, queue, self.contents)
        self.dataset_jobs = Jobs(store, settings, self.supervisor, JobKind.DATASET)
        self._open_models(queue)
        self.training = Training(store, settings, queue, self.models)
        self.training_jobs = Jobs(store, settings, self.supervisor, JobKind.TRAINING)
        self.download_jobs = Jobs(store, settings, self.supervisor, JobKind.DOWNLOAD)
        self.downloads = Downloads(settings, queue, self.download_jobs, self.hub_settings)
        self.bundle_jobs = Jobs(store, settings, self.supervisor, JobKind.BUNDLE)
        self.bundles = Bundles(store, settings, queue, self.bundle_jobs, self.bundle_uploads)
        self.catalogue = CatalogueService(store, settings)
        self.hub_search = HubSearch(self.catalogue, self.hub_settings, self._hub_threads)
        self.exports = Exports(store)
        self.presets = Presets(store)
        self.chat = Chat(store, self.engines)
        self.figures = Figures()
        self.insight = Insight(store, settings, self.figures)
        self.monitoring = Monitoring(store, settings, self.engines)
        self.notifications = Notifications(store)
        self.persian = Persian()
        self.preferences = Preferences(store, self.supervisor)
        self.health = HealthProbe(
            store,
            settings,
            self.engines,
            lambda: self.supervisor.supervising,
            self._hub_threads,
        )

    def _open_models(self, queue: Queue) -> None:
        """The registry of models, and what makes models and takes them out."""
        store, settings = self.store, self.settings
        self.model_users = UsersOfModels(store, settings, self.engines)
        self._removal = Removal(store, settings)
        self.models = Models(store, settings, self.engines, self.model_users, self._removal)
        self.model_versions = ModelVersions(store, settings, self.model_users, self._removal)
        self.scanning = Scanning(store, settings)
        self.lineage = LineageOfModels(store)
        self.model_tokenizers = ModelTokenizers(store, settings)
        self.comparing = Comparing(store, self.models, self.model_tokenizers, self.engines)
        self.model_jobs = ModelJobs(store, settings, self.supervisor, queue)
        self.model_imports = ModelImports(settings, self.model_jobs)
        self.optimizations = Optimizations(self.models, self.model_jobs)
        self.pushing = Pushing(
            store, self.models, self.model_jobs, self.hub_settings, self._hub_threads
        )

    @classmethod
    async def open(cls, settings: Settings) -> Service:
        """Open the data root and its database, adopt living workers, and begin.

        Raises:
            Busy: the database cannot be reached.

        """
        await asyncio.to_thread(_close_to_others, private_folder(settings.data_dir))
        store = await asyncio.to_thread(Store.open, settings.url)
        service = cls(store, settings)
        await service.datasets.start()
        await service._removal.start()
        await service.bundles.start()
        await service.stream.start()
        await service.chat.start()
        await service.engines.start()
        await service.supervisor.start()
        return service

    async def close(self) -> None:
        """Let everything go but the workers."""
        await self.chat.stop()
        await self.training.stop()
        await self.insight.stop()
        await self.datasets.stop()
        await self.monitoring.stop()
        await self.engines.stop()
        self._hub_threads.stop()
        await self.supervisor.stop()
        await self.stream.stop()
        await asyncio.to_thread(self.store.close)

    def subscribe(self, user_id: str, *, cursor: int, since: int) -> Subscription:
        """A view of the user's events; see `subscription`."""
        return Subscription(self.stream, user_id, cursor=cursor, since=since)

    async def any_job(self, user_id: str, job_id: str) -> Job:
        """A job of any kind.

        Raises:
            NotFound: no such job of this user.

        """
        return await self.store.aread(lambda s: job_rows.get(s, user_id, job_id))

    async def busy(self) -> bool:
        """Whether any job waits or works."""
        return await self.store.aread(job_rows.unfinished)


def _close_to_others(data_dir: Path) -> None:
    """A root that was there before may be open to others; conversations are in it."""
    mode = data_dir.stat().st_mode
    if mode & 0o077:
        # Another's folder (a shared volume) is as its owner wants it.
        with suppress(PermissionError):
            data_dir.chmod(mode & ~0o077)
