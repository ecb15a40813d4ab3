"""Train, watch and chat with Persian language models inside JupyterLab.

This module owns the version, Jupyter's entry points and the notebook API, which is imported
lazily: importing the package, as every Jupyter server does, loads neither torch, transformers
nor SQLAlchemy.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .client import Client, connect, disconnect
    from .errors import PersianAIError
    from .widgets.bundles import bundles
    from .widgets.catalogue import catalogue
    from .widgets.chat import ChatWidget
    from .widgets.dataset import DatasetHandle
    from .widgets.dataset_widget import DatasetWidget
    from .widgets.datasets import datasets
    from .widgets.download import Download, download
    from .widgets.hub import hub
    from .widgets.job import TrainingJob
    from .widgets.model import ModelHandle
    from .widgets.models import models
    from .widgets.monitor import Monitor
    from .widgets.notebook import (
        LossCurve,
        chat,
        compare,
        estimate,
        job,
        jobs,
        train,
    )
    from .widgets.text import normalise, trace
    from .widgets.training import TrainingWidget

__all__ = [
    "ChatWidget",
    "Client",
    "DatasetHandle",
    "DatasetWidget",
    "Download",
    "LossCurve",
    "ModelHandle",
    "Monitor",
    "PersianAIError",
    "TrainingJob",
    "TrainingWidget",
    "__version__",
    "bundles",
    "catalogue",
    "chat",
    "compare",
    "connect",
    "datasets",
    "disconnect",
    "download",
    "estimate",
    "hub",
    "job",
    "jobs",
    "models",
    "normalise",
    "trace",
    "train",
]

#: Where each name of the notebook API lives.
_API = {
    "ChatWidget": "widgets.chat",
    "Client": "client",
    "DatasetHandle": "widgets.dataset",
    "DatasetWidget": "widgets.dataset_widget",
    "Download": "widgets.download",
    "LossCurve": "widgets.notebook",
    "ModelHandle": "widgets.model",
    "Monitor": "widgets.monitor",
    "PersianAIError": "errors",
    "TrainingJob": "widgets.job",
    "TrainingWidget": "widgets.training",
    "bundles": "widgets.bundles",
    "catalogue": "widgets.catalogue",
    "chat": "widgets.notebook",
    "compare": "widgets.notebook",
    "connect": "client",
    "datasets": "widgets.datasets",
    "disconnect": "client",
    "download": "widgets.download",
    "estimate": "widgets.notebook",
    "hub": "widgets.hub",
    "job": "widgets.notebook",
    "jobs": "widgets.notebook",
    "models": "widgets.models",
    "normalise": "widgets.text",
    "trace": "widgets.text",
    "train": "widgets.notebook",
}


def __getattr__(name: str) -> Any:
    home = _API.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


#: What a word of the API has that is a folder of the package too, beside being called.
_VERBS = {
    "datasets": ("load", "get"),
    "hub": ("check", "offline", "repo", "settings", "token"),
}


class _CallablePackage(ModuleType):
    """A sub-package that has the name of a word of the notebook API."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.__word()(*given, **named)

    def __getattr__(self, name: str) -> Any:
        # Named one by one: looking for anything else must not import the notebook API.
        if name in _VERBS.get(self.__name__.rpartition(".")[2], ()):
            return getattr(self.__word(), name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __word(self) -> Any:
        word = self.__name__.rpartition(".")[2]
        return getattr(import_module(f"{__name__}.{_API[word]}"), word)


class _Package(ModuleType):
    """`pai.datasets()` and `pai.jobs()` are the API's words, and folders of the package too.

    Importing such a folder sets it as an attribute here; it then stays a module and becomes
    callable, so that the API is the same whether or not somebody imported it.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _API and type(value) is ModuleType:
            value.__class__ = _CallablePackage
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*globals(), *_API})


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .app import PersianAIApp  # noqa: PLC0415

    return [{"module": "jupyter_persian_ai", "app": PersianAIApp}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-persian-ai"}]
