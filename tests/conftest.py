"""What several test folders share: a real Jupyter server in a process of its own, a tiny model,
and a pickle that tells when somebody opens it.

`jupyter` starts servers with our extension, the token on and nothing else; each is ended by its
own process id. Tests that look inside the extension run it in their own process instead: see
`server/conftest.py`.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from hypothesis import settings as hypothesis_settings

# The same examples in every run, so that a run tells of the code and not of its luck;
# `--hypothesis-profile=explore` looks for new ones.
hypothesis_settings.register_profile("same", derandomize=True, database=None)
hypothesis_settings.register_profile("explore", derandomize=False)
hypothesis_settings.load_profile("same")

#: A cold start on a busy machine is slow; nothing is asserted about it.
PATIENCE = 120.0

#: Extensions that other packages switch on; they would only make the start slow.
OTHERS = ("jupyterlab", "notebook", "notebook_shim", "jupyter_lsp", "jupyter_server_terminals")

#: A pretraining that takes seconds.
TINY: dict[str, Any] = {
    "epochs": 1,
    "max_steps": 12,
    "batch_size": 2,
    "sequence_length": 32,
    "learning_rate": 3e-3,
    "eval_every": 6,
    "checkpoint_every": 4,
    "precision": "fp32",
    "shape": {"vocab_size": 320, "hidden_size": 32, "layers": 1, "heads": 2},
}

VERSES = [
    "الا یا ایها الساقی ادر کاسا و ناولها",
    "که عشق آسان نمود اول ولی افتاد مشکل‌ها",
    "به بوی نافه‌ای کاخر صبا زان طره بگشاید",
    "ز تاب جعد مشکینش چه خون افتاد در دل‌ها",
]


@dataclass
class JupyterServer:
    """A running Jupyter server with our extension."""

    data_dir: Path
    port: int
    token: str
    process: subprocess.Popen[bytes]
    log: Path
    base_url: str = "/"
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the server's own routes begin."""
        return f"http://127.0.0.1:{self.port}{self.base_url}"

    @property
    def api(self) -> str:
        """Where our routes begin."""
        return f"{self.url}persian-ai/api/"

    @property
    def socket(self) -> str:
        """The address of our socket."""
        return self.api.replace("http://", "ws://") + "events"

    def client(self, *, token: str | None = "", **options: Any) -> httpx.Client:
        """An HTTP client; with the server's token, another one, or (None) without."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"token {token or self.token}"
        client = httpx.Client(
            base_url=self.api, headers=headers, timeout=PATIENCE, trust_env=False, **options
        )
        self.clients.append(client)
        return client

    def wait(self) -> None:
        """Until the service is open."""
        client = self.client()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text("utf-8", errors="replace")
            try:
                if client.get("me").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready: {self.log.read_text('utf-8', errors='replace')[-4000:]}")

    def stop(self) -> None:
        """Let it end in its own time."""
        for client in self.clients:
            client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
        end_workers(self.data_dir)

    def kill(self) -> None:
        """Kill -9, at once."""
        self.process.kill()
        self.process.wait(30)


def end_workers(data_dir: Path) -> None:
    """End the workers of this data root: they outlive their server, and must not the tests."""
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if "jupyter_persian_ai.jobs.worker" in line and str(data_dir) in line:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(
    data_dir: Path,
    work: Path,
    *,
    options: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> JupyterServer:
    """Start a Jupyter server with our extension alone on `data_dir`; waits until it answers."""
    work.mkdir(parents=True, exist_ok=True)
    token, port, log = secrets.token_hex(16), free_port(), work / "server.log"
    config = {
        "ServerApp": {
            "jpserver_extensions": {"jupyter_persian_ai": True} | dict.fromkeys(OTHERS, False),
            "allow_unauthenticated_access": False,
            "root_dir": str(work),
        },
        "IdentityProvider": {"token": token},
        "PersianAIApp": {"data_dir": str(data_dir)},
    }
    (work / "jupyter_server_config.json").write_text(json.dumps(config), "utf-8")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY"))}
    environ |= {"JUPYTER_CONFIG_DIR": str(work), "OMP_NUM_THREADS": "1"}
    environ |= {"JUPYTER_RUNTIME_DIR": str(work / "runtime"), **(environment or {})}
    command = [sys.executable, "-m", "jupyter_server", f"--port={port}", "--port-retries=0"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, "--no-browser", "--allow-root", *options],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=environ,
            cwd=work,
        )
    server = JupyterServer(data_dir, port, token, process, log)
    server.wait()
    return server


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[Callable[..., JupyterServer]]:
    """Starts Jupyter servers; `jupyter(data_dir=...)` may be called again on the same root."""
    servers: list[JupyterServer] = []

    def start(data_dir: Path | None = None, **options: Any) -> JupyterServer:
        work = tmp_path / f"server{len(servers)}"
        servers.append(start_server(data_dir or tmp_path / "data", work, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def jupyter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """One server for the tests of a module."""
    folder = tmp_path_factory.mktemp("jupyter")
    server = start_server(folder / "data", folder / "server")
    yield server
    server.stop()


def wait_for(condition: Callable[[], Any], seconds: float = PATIENCE, what: str = "") -> Any:
    """The first truth that `condition` gives; fails after a generous while."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain{': ' if what else ''}{what}")


@pytest.fixture(scope="session", name="wait_for")
def wait_for_fixture() -> Callable[..., Any]:
    """`wait_for`, for tests that cannot import this module."""
    return wait_for


@pytest.fixture
def tiny_options() -> dict[str, Any]:
    """Options of a pretraining that takes seconds."""
    return json.loads(json.dumps(TINY))


@pytest.fixture
def verses() -> list[str]:
    """A little Persian text."""
    return VERSES * 30


@pytest.fixture(scope="session", name="free_port")
def free_port_fixture() -> Callable[[], int]:
    """`free_port`, for tests that cannot import this module."""
    return free_port


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium that asks nothing of the outside.

    One a module, and no longer: as long as it is open, its driver's event loop counts as running
    in this thread, and tests that need a loop of their own could not have one.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    switches = ("no-sandbox", "disable-gpu", "disable-background-networking")
    quiet = ("disable-component-update", "disable-sync")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium, args=[f"--{name}" for name in (*switches, *quiet)]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session", name="end_workers")
def end_workers_fixture() -> Callable[[Path], None]:
    """`end_workers`, for tests that cannot import this module."""
    return end_workers


class TinyLlama:
    """A Llama of one layer as the Hub would give it: sound, too small to say anything."""

    def config(self, vocabulary: int = 64, **more: Any) -> dict[str, Any]:
        """Its `config.json`; `more` is added."""
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "vocab_size": vocabulary,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "max_position_embeddings": 128,
            "tie_word_embeddings": True,
            **more,
        }

    def tensors(self, vocabulary: int = 64) -> dict[str, Any]:
        """Its weights in fp32 by name, the same each time."""
        import numpy as np

        shapes = {
            "model.embed_tokens.weight": (vocabulary, 16),
            "model.norm.weight": (16,),
            "model.layers.0.input_layernorm.weight": (16,),
            "model.layers.0.post_attention_layernorm.weight": (16,),
            **{f"model.layers.0.self_attn.{name}_proj.weight": (16, 16) for name in "qkvo"},
            "model.layers.0.mlp.gate_proj.weight": (32, 16),
            "model.layers.0.mlp.up_proj.weight": (32, 16),
            "model.layers.0.mlp.down_proj.weight": (16, 32),
        }
        generator = np.random.default_rng(0)
        return {
            name: generator.standard_normal(shape).astype("float32") / 50
            for name, shape in shapes.items()
        }

    def files(self, vocabulary: int = 64, tokenizer: Any = None, **more: Any) -> dict[str, bytes]:
        """Its files by name; without a `tokenizer` one that knows nothing."""
        from safetensors.numpy import save
        from tokenizers import Tokenizer, models

        known = tokenizer or Tokenizer(models.BPE())
        return {
            "config.json": json.dumps(self.config(vocabulary, **more)).encode(),
            "tokenizer.json": known.to_str().encode(),
            "tokenizer_config.json": b'{"tokenizer_class": "PreTrainedTokenizerFast"}',
            "README.md": "---\nlanguage: fa\nlicense: apache-2.0\n---\n# مدل\n".encode(),
            "model.safetensors": save(self.tensors(vocabulary), metadata={"format": "pt"}),
        }


@pytest.fixture(scope="session")
def tiny_llama() -> TinyLlama:
    """A model that inspection takes for a real one, in parts or as files."""
    return TinyLlama()


class _Touching:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    """The file that an attack would make; `canary_pickle` does, and it is not there at the end."""
    path = tmp_path / "canary"
    pickle.loads(pickle.dumps(_Touching(path)))
    assert path.exists()
    path.unlink()
    yield path
    assert not path.exists()


@pytest.fixture
def canary_pickle(canary: Path) -> Callable[..., bytes]:
    """`canary_pickle(protocol)`: a pickle that makes the canary file when it is opened."""

    def made(protocol: int = pickle.DEFAULT_PROTOCOL) -> bytes:
        return pickle.dumps(_Touching(canary), protocol)

    return made
