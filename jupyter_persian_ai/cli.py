"""`jupyter persian-ai ...`: demo, serve, worker, doctor.

Owns the command line only. What a command does is done by the same services that the panel
uses; environment variables are read here and in `app`, nowhere else.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import os
import secrets
import socket
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from .app import DATA_DIR_VARIABLE, default_data_dir
from .errors import PersianAIError
from .paths import private_folder
from .protocol.service import HealthState
from .server.home import PATH
from .server.owner import LOCAL
from .services.engines import Engines
from .services.health import HealthProbe
from .services.hub_threads import HubThreads
from .services.service import Service
from .settings import Settings
from .store import Store
from .version import __version__

#: Seconds without use after which `serve --exit-when-idle` ends.
IDLE_SECONDS = 1800
_MARKS = {
    HealthState.OK: "ok      ",
    HealthState.DEGRADED: "degraded",
    HealthState.DOWN: "DOWN    ",
}
_PACKAGES = ("torch", "transformers", "tokenizers", "peft", "bokeh", "jupyterlab", "hafez")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except PersianAIError as error:
        print(f"{error.body.message}\n{error.body.hint}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jupyter persian-ai",
        description="Train, watch and chat with Persian language models inside Jupyter.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser(
        "demo", help="open JupyterLab on our panel, with sample data that is ready to train on"
    )
    demo.add_argument("--data-dir", type=Path, help="data root (default: beside Jupyter's data)")
    demo.add_argument("--port", type=int, default=8888)
    demo.add_argument("--ip", default="127.0.0.1")
    demo.add_argument("--no-browser", action="store_true", help="only print the address")
    demo.set_defaults(run=_demo)

    serve = commands.add_parser(
        "serve", help="serve without JupyterLab; prints {url, token} as JSON on stdout"
    )
    serve.add_argument("--data-dir", type=Path)
    serve.add_argument("--port", type=int, default=0, help="0 means any free one")
    serve.add_argument(
        "--exit-when-idle",
        type=int,
        nargs="?",
        const=IDLE_SECONDS,
        default=0,
        metavar="SECONDS",
        help=f"end after so long without requests or jobs (default {IDLE_SECONDS})",
    )
    serve.set_defaults(run=_serve)

    worker = commands.add_parser("worker", help="run one attempt folder by hand")
    worker.add_argument("attempt_dir", type=Path)
    worker.set_defaults(run=_worker)

    doctor = commands.add_parser("doctor", help="say how every part is; exit code 1 if one is down")
    doctor.add_argument("--data-dir", type=Path)
    doctor.set_defaults(run=_doctor)
    return parser


# --- commands ---------------------------------------------------------------------------------


def _demo(arguments: argparse.Namespace) -> int:
    data_dir = _root(arguments.data_dir, Path(jupyter_data_dir()) / "persian_ai_demo")
    asyncio.run(_prepare_samples(Settings(data_dir=data_dir)))
    # The environment reaches the extension in whatever order Jupyter reads its configuration.
    os.environ[DATA_DIR_VARIABLE] = str(data_dir)
    _without_news(data_dir)
    options = [
        f"--ip={arguments.ip}",
        f"--port={arguments.port}",
        f"--LabApp.default_url={PATH}",
        f"--PersianAIApp.data_dir={data_dir}",
    ]
    if arguments.no_browser:
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Containers and Binder run as root, and the token is on.
        options.append("--allow-root")
    # The other commands need no JupyterLab.
    import_module("jupyterlab.labapp").LabApp.launch_instance(argv=options)
    return 0


def _without_news(data_dir: Path) -> None:
    """A newcomer's first sight is our panel, not a question about news from elsewhere.

    JupyterLab asks it whatever `LabApp.news_url` is, so its plugin is off in the demo.
    """
    config = private_folder(data_dir / "jupyter_config")
    page = private_folder(config / "labconfig") / "page_config.json"
    plugin = "@jupyterlab/apputils-extension:announcements"
    page.write_text(json.dumps({"disabledExtensions": {plugin: True}}), "utf-8")
    paths = [str(config), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))


def _serve(arguments: argparse.Namespace) -> int:
    # The user's own server configuration (passwords, extensions, addresses) is for their server.
    os.environ["JUPYTER_NO_CONFIG"] = "1"
    from jupyter_server.serverapp import ServerApp  # noqa: PLC0415 - after the line above
    from traitlets.config import Config  # noqa: PLC0415

    data_dir = private_folder(_root(arguments.data_dir, default_data_dir()))
    token = secrets.token_urlsafe(32)
    config = Config()
    config.ServerApp.ip = "127.0.0.1"
    config.ServerApp.port = arguments.port or _free_port()
    config.ServerApp.open_browser = False
    config.ServerApp.allow_root = True
    config.ServerApp.root_dir = str(data_dir)
    config.ServerApp.allow_unauthenticated_access = False
    config.ServerApp.jpserver_extensions = {"jupyter_persian_ai": True}
    config.ServerApp.shutdown_no_activity_timeout = arguments.exit_when_idle
    config.IdentityProvider.token = token
    config.PersianAIApp.data_dir = str(data_dir)
    server = ServerApp.instance(config=config)
    server.initialize(argv=[], find_extensions=False)
    print(json.dumps({"url": server.connection_url, "token": token}), flush=True)
    server.start()
    return 0


def _worker(arguments: argparse.Namespace) -> int:
    from .jobs import worker  # noqa: PLC0415 - the other commands need no worker

    return worker.main(["worker", str(arguments.attempt_dir.resolve())])


def _doctor(arguments: argparse.Namespace) -> int:
    settings = Settings(data_dir=_root(arguments.data_dir, default_data_dir()))
    private_folder(settings.data_dir)
    print(f"jupyter_persian_ai {__version__}, data root {settings.data_dir}")
    for package in _PACKAGES:
        print(f"  {package:<14}{_version(package)}")
    return asyncio.run(_examine(settings))


# --- what they need ---------------------------------------------------------------------------


async def _prepare_samples(settings: Settings) -> None:
    """Import the sample datasets that are not there yet."""
    service = await Service.open(settings)
    try:
        user = await service.users.id_of(LOCAL)
        there = (await service.datasets.page(user, limit=500, cursor=None)).items
        known = {dataset.report.name for dataset in there if dataset.source == "sample"}
        for sample in service.datasets.samples:
            if f"{sample.id}.jsonl" not in known:
                dataset = await service.datasets.add_sample(user, sample.id)
                print(f"{sample.name.en}: {dataset.report.stats.rows} rows")
    finally:
        await service.close()


async def _examine(settings: Settings) -> int:
    store = await asyncio.to_thread(Store.open, settings.url)
    threads = HubThreads()
    try:
        probe = HealthProbe(store, settings, Engines(settings), lambda: True, threads)
        health = await probe.health()
    finally:
        threads.stop()
        await asyncio.to_thread(store.close)
    for name, part in health.parts.items():
        print(f"  {_MARKS[part.state]} {name:<10}{part.reason}")
    print(f"all in all: {health.state.value}")
    return 1 if health.state is HealthState.DOWN else 0


def _root(asked: Path | None, default: Path) -> Path:
    return (asked or default).expanduser().absolute()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    raise SystemExit(main())
