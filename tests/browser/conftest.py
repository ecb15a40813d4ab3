"""The demo, started as a newcomer starts it, in a real Chromium with the token on."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

HERE = Path(__file__).parent
ARTIFACTS = HERE.parent / "artifacts" / "browser"
#: A newcomer's machine may be slow; nothing here is asserted about speed.
PATIENCE = 180_000

#: Colours that are on their way to others are neither's.
_AT_REST = """() => Promise.all(document.getAnimations()
    .filter(one => one.playState === 'running')
    .filter(one => one.effect.getComputedTiming().endTime !== Infinity)
    .map(one => one.finished.catch(() => null)))
    .then(() => true)"""
_AXE = "() => axe.run('.pai-root', {resultTypes: ['violations']})"
_THEME_IS = "light => document.body.dataset.jpThemeLight === light"


@dataclass
class Demo:
    """A running `jupyter persian-ai demo`."""

    url: str
    token: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    #: JupyterLab's theme, once it was chosen.
    theme: str | None = None

    def api(self) -> httpx.Client:
        """The same service without a browser."""
        return httpx.Client(
            base_url=f"{self.url}/persian-ai/api/",
            headers={"Authorization": f"token {self.token}"},
            timeout=60,
            trust_env=False,
        )

    def look(self, theme: str, language: str = "fa") -> None:
        """Choose JupyterLab's theme, light or dark, and our language."""
        with self.api() as api:
            assert api.patch("settings", json={"language": language}).status_code == 200
            themes = f"{self.url}/lab/api/settings/@jupyterlab/apputils-extension:themes"
            raw = json.dumps({"theme": f"JupyterLab {theme.title()}"})
            assert api.put(themes, json={"raw": raw}).status_code == 204
        self.theme = theme


def start_demo(
    work: Path, data_dir: Path, port: int, surroundings: Mapping[str, str] | None = None
) -> Demo:
    """Run the command and wait for the address that it prints."""
    work.mkdir(parents=True, exist_ok=True)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY"))}
    environ |= {
        "JUPYTER_CONFIG_DIR": str(work / "config"),
        "JUPYTER_DATA_DIR": str(work / "data"),
        "JUPYTER_RUNTIME_DIR": str(work / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(work / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(work / "workspaces"),
        **(surroundings or {}),
    }
    log = work / "demo.log"
    command = [sys.executable, "-m", "jupyter_persian_ai.cli", "demo", "--no-browser"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, f"--port={port}", f"--data-dir={data_dir}"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=work, env=environ,
        )  # fmt: skip
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        text = log.read_text("utf-8", errors="replace")
        found = re.search(r"(http://127\.0\.0\.1:\d+)/\S*\?token=(\w+)", text)
        if found:
            demo = Demo(found[1], found[2], data_dir, process)
            with demo.api() as api:
                for _ in range(600):
                    try:
                        if api.get("me").status_code == 200:
                            return demo
                    except httpx.TransportError:
                        pass
                    time.sleep(0.1)
        assert process.poll() is None, text
        time.sleep(0.1)
    raise AssertionError(f"the demo did not start: {log.read_text('utf-8')[-4000:]}")


@pytest.fixture(scope="session", name="start_demo")
def start_demo_fixture() -> Callable[..., Demo]:
    """`start_demo`, for tests that cannot import this module."""
    return start_demo


@pytest.fixture(scope="session")
def end_demo(end_workers: Any) -> Callable[[Demo], None]:
    """Ends a demo and what it left running."""

    def end(running: Demo) -> None:
        running.process.send_signal(signal.SIGINT)
        try:
            running.process.wait(5)
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait(30)
        end_workers(running.data_dir)

    return end


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, free_port: Any, end_demo: Any) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    running = start_demo(folder / "work", folder / "root", free_port())
    yield running
    end_demo(running)


def loaded(path: Path) -> Any:
    """A neighbour's module; tests are imported in a way that knows none."""
    spec = importlib.util.spec_from_file_location(f"browser_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there for their module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def searchable_hub() -> Callable[[], Any]:
    """Starts a small Hub that can also be searched."""
    module = loaded(HERE.parent / "hub" / "hub_server.py")

    class Listing(module.Hub):  # type: ignore[misc, name-defined]
        def do_GET(self) -> None:  # noqa: N802 - the library's name
            parts = urlsplit(self.path)
            if parts.path != "/api/models":
                super().do_GET()
                return
            word = parse_qs(parts.query).get("search", [""])[0].lower()
            found = [
                {**self.info(repository, name, blobs=False), "tags": ["fa", "safetensors"]}
                for name, repository in self.hub.repositories.items()
                if word in name.lower()
            ]
            for one in found:
                del one["siblings"]
            self.json(found)

    module.Hub = Listing
    starting: Callable[[], Any] = module.HubServer
    return starting


@dataclass
class Panel:
    """A page of JupyterLab with our panel."""

    page: Any
    demo: Demo
    errors: list[str] = field(default_factory=list)

    def open(self, route: str = "home") -> None:
        """Open JupyterLab on one of our pages, signing in with the token."""
        self.page.goto(f"{self.demo.url}/lab?persian-ai={route}&token={self.demo.token}")
        self.page.wait_for_selector(".jp-LabShell")
        self._wait_until_shown()

    def reload(self) -> None:
        """As a user presses F5."""
        self.page.reload()
        self._wait_until_shown()

    def _wait_until_shown(self) -> None:
        self.page.wait_for_selector(".lm-DockPanel .pai-root:visible")
        if self.demo.theme is not None:
            light = str(self.demo.theme == "light").lower()
            self.page.wait_for_function(_THEME_IS, arg=light)

    @property
    def main(self) -> Any:
        """Our visible main-area page."""
        return self.page.locator(".lm-DockPanel-widget:not(.lm-mod-hidden) .pai-root").first

    def steps(self) -> list[int]:
        """The steps of the newest loss curve as BokehJS holds them; empty before it is drawn."""
        drawn: list[list[int]] = self.page.evaluate(
            """() => (window.Bokeh?.documents ?? [])
                .map(document => document.get_model_by_name('loss'))
                .filter(source => source)
                .map(source => [...source.data.step])"""
        )
        return drawn[-1] if drawn else []

    def wait_for_steps(self, count: int) -> None:
        """Until the curve has more than `count` points."""
        deadline = time.monotonic() + PATIENCE / 1000
        while len(self.steps()) <= count:
            assert time.monotonic() < deadline, f"{len(self.steps())} points"
            self.page.wait_for_timeout(200)

    def wait_for_content(self) -> None:
        """Until nothing on the page is still being fetched."""
        self.page.wait_for_function("() => !document.querySelector('.lm-DockPanel .pai-skeleton')")

    def faults(self, where: str) -> list[str]:
        """What axe finds inside our root."""
        self.page.evaluate((files("axe_core_python") / "axe.min.js").read_text("utf-8"))
        self.page.evaluate(_AT_REST)
        return [
            f"{where}: {found['id']}: {found['help']}: "
            + " | ".join(node["html"][:160] for node in found["nodes"][:4])
            for found in self.page.evaluate(_AXE)["violations"]
        ]

    def shoot(self, name: str) -> None:
        """Keep a picture for a person to look at."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(ARTIFACTS / f"{name}.png"))


@pytest.fixture
def panel(browser: Any, demo: Demo, request: pytest.FixtureRequest) -> Iterator[Panel]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    shown = Panel(page, demo)
    page.on("pageerror", lambda error: shown.errors.append(error.stack or str(error)))
    yield shown
    # What was last seen: the first thing to look at when a journey stopped half-way.
    shown.shoot(f"last-{request.node.name}")
    context.close()
    # Notebook 7 trips over its own settings while it loads, with or without us.
    assert [error for error in shown.errors if "/static/notebook/" not in error] == []


@pytest.fixture(scope="session")
def messy() -> Any:
    """The module that makes messy files."""
    return loaded(HERE / "messy.py")
