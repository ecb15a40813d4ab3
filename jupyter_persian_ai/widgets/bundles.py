"""`pai.bundles`: models and datasets as files that are carried to another machine.

Owns what a user may give. The service packs, checks and unpacks.
"""

from __future__ import annotations

from pathlib import Path

from ..client import Client, current
from ..protocol.bundles import BundleUpload
from . import display
from .bundle import BundleJob, Looked, bundle_ask
from .bundle_sending import parts_at, sent_parts
from .dataset import DatasetHandle
from .listing import Listing
from .model import ModelHandle
from .saving import there


class Bundles:
    """`bundles()` lists what is packed and unpacked; `pack`, `look` and `import_` do it."""

    def __call__(self, client: Client | None = None) -> Listing[BundleJob]:
        """Every packing and unpacking, newest first."""
        service = current(client)
        return Listing(
            [BundleJob(service, one) for one in service.bundles.all()],
            {
                "id": lambda one: one.id,
                "what": lambda one: one._latest.recipe,
                "name": lambda one: one.name,
                "state": lambda one: display.sentence(one._latest),
            },
        )

    def get(self, id: str, *, client: Client | None = None) -> BundleJob:
        """One by its id, such as one that was begun in the panel. Raises `NotFound`."""
        service = current(client)
        return BundleJob(service, service.bundles.get(id))

    def pack(
        self,
        what: ModelHandle | DatasetHandle,
        folder: str | Path | None = None,
        *,
        part_bytes: int = 0,
        version: int | None = None,
        client: Client | None = None,
    ) -> BundleJob:
        """Begin to pack a model or a dataset, with its hashes and its licence.

        Args:
            what: a model, or that very version of a dataset.
            folder: of the service's machine, such as a stick; without it the parts lie with the
                service until `.save(folder)` brings them here.
            part_bytes: size of a part, at least 1 MB: 4_000_000_000 suits FAT32; 0 makes one file.
            version: of a model, by number; the current one without it.
            client: another service than the one in use.

        Raises:
            InvalidField: the parts are too small.
            DiskFull: there is no room.

        """
        service = current(client or what.client)
        data = isinstance(what, DatasetHandle)
        asked = {
            "subject": "dataset" if data else "model",
            "id": what.id,
            "version": what.number if isinstance(what, DatasetHandle) else version,
            "part_bytes": part_bytes,
            "folder": "" if folder is None else there(service, folder),
        }
        return BundleJob(service, service.bundles.pack(bundle_ask(asked)))

    def look(self, path: str | Path, *, client: Client | None = None) -> Looked:
        """What a bundle on the service's machine says of itself; nothing is kept.

        Args:
            path: the folder of its parts, or one of them.
            client: another service than the one in use.

        Raises:
            BundleProblem: it is none, or is damaged.

        """
        service = current(client)
        persian = service.service.settings().language == "fa"
        return Looked.of(service.bundles.look(there(service, path)), persian=persian)

    def import_(
        self, path: str | Path, name: str = "", *, client: Client | None = None
    ) -> BundleJob:
        """Begin to take a bundle in; the job's `.model` or `.dataset` is what it held.

        Every byte is checked before anything is in its place.

        Args:
            path: the folder of its parts, or one of them: on the service's machine, or on this
                one, from where they are sent to a service elsewhere.
            name: of the model or dataset; by default as it was called.
            client: another service than the one in use.

        Raises:
            BundleProblem: it is none, is damaged, or a part is missing; it says which.

        """
        service = current(client)
        where = Path(path).expanduser()
        away = not service.address.loopback and where.exists()
        found = self.send(where, client=service).path if away else there(service, path)
        return BundleJob(service, service.bundles.unpack(bundle_ask({"path": found, "name": name})))

    def send(
        self, path: str | Path, *, upload_id: str = "", client: Client | None = None
    ) -> BundleUpload:
        """Send the parts of a bundle from this machine; its `.path` is for `look` and `import_`.

        Args:
            path: the folder of the parts, or one of them.
            upload_id: the id of a sending that was cut: what has arrived is not sent again.
            client: another service than the one in use.

        Raises:
            InvalidField: there is no part.
            DiskFull: there is no room.

        """
        service = current(client)
        parts = parts_at(Path(path).expanduser())
        return sent_parts(service, parts, upload_id)

    def __repr__(self) -> str:
        return "<bundles: bundles() lists them, bundles.pack(...) makes one>"


#: The word of the API.
bundles = Bundles()
