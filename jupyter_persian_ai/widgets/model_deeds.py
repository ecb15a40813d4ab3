"""What is done with a model from a notebook: compared, talked to, taught, taken out.

Each verb is one call of the notebook's words; `ModelHandle` is what they are verbs of. Must not
know how the service does it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..client import Client
from .saving import saved

if TYPE_CHECKING:
    from .bundle import BundleJob
    from .chat import ChatWidget
    from .job import TrainingJob
    from .model import ModelHandle
    from .model_compare import Compared
    from .model_jobs import ModelJob, Push


class Deeds:
    """Verbs of a model that make something else."""

    client: Client

    @property
    def id(self) -> str:
        """Its id in the service."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """Its name."""
        raise NotImplementedError

    def _handle(self) -> ModelHandle:
        """The model itself."""
        raise NotImplementedError

    def compare(self, *others: ModelHandle | str) -> Compared:
        """Lay it beside others: facts, figures, configuration, answers."""
        from .models import models  # noqa: PLC0415 - it knows this module

        return models.compare(self._handle(), *others, client=self.client)

    # --- use ------------------------------------------------------------------------------------

    def chat(self, *, system: str = "", **sampling: Any) -> ChatWidget:
        """Begin a conversation with it; see `jupyter_persian_ai.chat`."""
        from .notebook import chat  # noqa: PLC0415 - it knows this module

        return chat(self._handle(), system=system, client=self.client, **sampling)

    def train(
        self, dataset: Any, recipe: str = "pretrain", name: str | None = None, **options: Any
    ) -> TrainingJob:
        """Teach it further; see `jupyter_persian_ai.train`. Makes a model of its own.

        With `version_of=` a model, the result becomes a version of that one.
        """
        from .notebook import train  # noqa: PLC0415 - it knows this module

        return train(dataset, recipe, self._handle(), name, client=self.client, **options)

    # --- take it out ----------------------------------------------------------------------------

    def download(self, path: str | Path, *, version: int | None = None) -> Path:
        """Write its folder as a zip to this machine; gives the file's path.

        Args:
            path: of this machine; a folder gets a file of the model's name.
            version: a number; the current one without it.

        """
        pieces = self.client.models.download(self.id, version=version)
        return saved(pieces, path, f"{self.name}.zip")

    def merge(
        self,
        adapter: str | Path,
        *,
        name: str = "",
        dtype: str | None = None,
        any_base: bool = False,
    ) -> ModelJob:
        """Begin to merge a LoRA adapter into it; the job's `.model` is a new model.

        Args:
            adapter: the adapter's folder, on the service's machine.
            name: of the result.
            dtype: of the result's weights: `float32`, `bfloat16` or `float16`.
            any_base: merge although the adapter names another base.

        """
        from .models import models  # noqa: PLC0415 - it knows this module

        return models.merge(
            adapter, self._handle(), name=name, dtype=dtype, any_base=any_base, client=self.client
        )

    def export(
        self,
        format: Literal["safetensors", "gguf"] = "safetensors",
        *,
        version: int | None = None,
        **how: Any,
    ) -> ModelJob:
        """Begin to write it as files for elsewhere; the job's `.save(path)` brings them here.

        `how`: `dtype`, `shard_bytes` of safetensors; `gguf_type` (`f32`, `f16`, `bf16`, `q8_0`).
        """
        from .models import models  # noqa: PLC0415 - it knows this module

        return models.export(self._handle(), format, version=version, client=self.client, **how)

    def push(self, repo_id: str, **how: Any) -> Push:
        """What pushing it to the Hub would send; nothing is sent before its `.send()`.

        `how`: `version`, `private` (true without it), `license`, `card`, `message`.
        """
        from .models import models  # noqa: PLC0415 - it knows this module

        return models.push(self._handle(), repo_id, client=self.client, **how)

    def bundle(
        self, folder: str | Path | None = None, *, part_bytes: int = 0, version: int | None = None
    ) -> BundleJob:
        """Begin to pack it to be carried elsewhere; see `pai.bundles.pack`."""
        from .bundles import bundles  # noqa: PLC0415 - it knows this module

        return bundles.pack(
            self._handle(), folder, part_bytes=part_bytes, version=version, client=self.client
        )
