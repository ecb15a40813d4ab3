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
    from .widgets.chat import ChatWidget
    from .widgets.job import TrainingJob
    from .widgets.monitor import Monitor
    from .widgets.notebook import (
        LossCurve,
        chat,
        compare,
        datasets,
        estimate,
        job,
        jobs,
        models,
        train,
    )
    from .widgets.training import TrainingWidget

__all__ = [
    "ChatWidget",
    "Client",
    "LossCurve",
    "Monitor",
    "PersianAIError",
    "TrainingJob",
    "TrainingWidget",
    "__version__",
    "chat",
    "compare",
    "connect",
    "datasets",
    "disconnect",
    "estimate",
    "job",
    "jobs",
    "models",
    "train",
]

#: Where each name of the notebook API lives.
_API = {
    "ChatWidget": "widgets.chat",
    "Client": "client",
    "LossCurve": "widgets.notebook",
    "Monitor": "widgets.monitor",
    "PersianAIError": "errors",
    "TrainingJob": "widgets.job",
    "TrainingWidget": "widgets.training",
    "chat": "widgets.notebook",
    "compare": "widgets.notebook",
    "connect": "client",
    "datasets": "widgets.notebook",
    "disconnect": "client",
    "estimate": "widgets.notebook",
    "job": "widgets.notebook",
    "jobs": "widgets.notebook",
    "models": "widgets.notebook",
    "train": "widgets.notebook",
}


def __getattr__(name: str) -> Any:
    home = _API.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


class _CallablePackage(ModuleType):
    """A sub-package that has the name of a function of the notebook API."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        notebook = import_module(f"{__name__}.widgets.notebook")
        return getattr(notebook, self.__name__.rpartition(".")[2])(*given, **named)


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
