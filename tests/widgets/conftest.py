"""A real JupyterLab in a real Chromium, for widgets in notebooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ARTIFACTS = Path(__file__).parents[1] / "artifacts" / "widgets"
FAILED = pytest.StashKey[bool]()
EXTENSIONS = "{'jupyter_persian_ai': True, 'jupyterlab': True}"


@dataclass
class Notebook:
    """A notebook open in JupyterLab."""

    page: Any
    server: Any
    errors: list[str]

    def run(self, number: int) -> None:
        """Run the cell with this number, from 0, and do not wait for its end."""
        cell = self.page.locator(".jp-Notebook .jp-Cell").nth(number)
        before = cell.locator(".jp-InputPrompt").text_content()
        for _ in range(10):
            # A notebook that is still being opened may pass over a key.
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            for _ in range(30):
                if cell.locator(".jp-InputPrompt").text_content() != before:
                    return
                self.page.wait_for_timeout(100)
        raise AssertionError(f"cell {number} does not run")

    def idle(self) -> bool:
        """Whether the kernel does nothing."""
        return bool(
            self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').count()
        )

    def busy(self, number: int) -> bool:
        """Whether the cell with this number runs or waits."""
        prompt = self.page.locator(".jp-Notebook .jp-Cell .jp-InputPrompt").nth(number)
        return "[*]" in (prompt.text_content() or "")

    def shows(self, number: int) -> str:
        """Text under the cell with this number."""
        return str(
            self.page.locator(".jp-Notebook .jp-Cell").nth(number)
            .locator(".jp-OutputArea").inner_text()
        )  # fmt: skip

    def interrupt(self) -> None:
        """Interrupt the kernel."""
        self.page.locator('[data-command="notebook:interrupt-kernel"]').first.click()

    def reload(self) -> None:
        """Save, and open the page anew."""
        self.page.keyboard.press("Control+s")
        self.page.wait_for_selector(".jp-mod-dirty", state="detached")
        self.page.reload()
        self.page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')

    def drawn(self) -> list[dict[str, list[int]]]:
        """What BokehJS has drawn: for each figure, the steps of each named source."""
        found: list[dict[str, list[int]]] = self.page.evaluate(
            """() => (window.Bokeh?.documents ?? []).map(document =>
              Object.fromEntries(['loss', 'eval_loss'].map(name =>
                [name, [...(document.get_model_by_name(name)?.data.step ?? [])]])))"""
        )
        return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def open_notebook(
    request: pytest.FixtureRequest, jupyter: Callable[..., Any], browser: Any
) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook with these cells in a JupyterLab of its own, its token on."""
    contexts = []

    def opened(cells: list[str], settings: dict[str, Any] | None = None) -> Notebook:
        server = jupyter(options=(f"--ServerApp.jpserver_extensions={EXTENSIONS}",))
        work = server.log.parent
        (work / "widgets.ipynb").write_text(json.dumps(_notebook(cells)), "utf-8")
        folder = work / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True)
        (folder / "kernels-settings.jupyterlab-settings").write_text(json.dumps(settings or {}))
        (folder / "notification.jupyterlab-settings").write_text(
            json.dumps({"fetchNews": "false", "checkForUpdates": False})
        )
        context = browser.new_context(viewport={"width": 1280, "height": 1500})
        contexts.append(context)
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(120_000)
        # On a slow machine JupyterLab may ask for the kernel of a notebook that has one already.
        asked = page.locator(".jp-Dialog", has_text="Select Kernel")
        page.add_locator_handler(asked, lambda one: one.locator(".jp-mod-accept").click())
        page.goto(f"{server.url}lab/tree/widgets.ipynb?token={server.token}")
        notebook = Notebook(page, server, errors)
        page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        return notebook

    yield opened
    if request.node.stash.get(FAILED, False):  # what it looked like, for who reads the failure
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        for context in contexts:
            context.pages[0].screenshot(path=str(ARTIFACTS / f"failed-{request.node.name}.png"))
    for context in contexts:
        context.close()


def _notebook(cells: list[str]) -> dict[str, Any]:
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for number, source in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            }
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
