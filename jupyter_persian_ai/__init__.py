"""Train, watch and chat with Persian language models inside JupyterLab.

This module owns the version, Jupyter's entry points and the notebook API, which is imported
lazily: importing the package, as every Jupyter server does, loads neither torch, transformers
nor SQLAlchemy.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .app import PersianAIApp  # noqa: PLC0415

    return [{"module": "jupyter_persian_ai", "app": PersianAIApp}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-persian-ai"}]
