"""Every attack of `tests/hub/malicious.py` over HTTP at a running server: registered, and
imported with the risk accepted.

    python tests/soak/attacking.py                some minutes
    python tests/soak/attacking.py --every 4      a quarter of them

Each has to be refused by name, at once or as the end of its job. Prints how many were refused with
which code; ends with exit code 1 when one was not, or a canary file was made.
"""

from __future__ import annotations

import argparse
import importlib.util
import pickle
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

TESTS = Path(__file__).parents[1]
GROUPS = {"", "internal_error", "model_problem"}


def module(path: Path) -> ModuleType:
    """A file of the tests, which are no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = made
    spec.loader.exec_module(made)
    return made


class Evil:
    """Unpickled, it makes the canary file."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        """What is called."""
        return Path.touch, (self.canary,)


def pristine(folder: Path) -> Path:
    """A sound model."""
    from tokenizers import Tokenizer, models
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=64,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=64,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    Tokenizer(models.BPE()).save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    (folder / "README.md").write_text("# مدل\n")
    return folder


def code(answer: Any) -> str:
    """The code of a refusal; empty for anything else."""
    if answer.status_code < 400:
        return ""
    found: str = answer.json().get("error", {}).get("code", "")
    return found


def imported(client: Any, path: str) -> str:
    """How bringing it in ended."""
    answer = client.post("models/imports", json={"path": path, "accept_risk": True})
    if answer.status_code != 202:
        return code(answer)
    where = f"models/jobs/{answer.json()['id']}"
    while (job := client.get(where).json())["state"] not in {"completed", "failed", "stopped"}:
        time.sleep(0.05)
    return (job["error"] or {}).get("code", "")


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1, help="only each so manieth attack")
    asked = parser.parse_args()
    attacks = module(TESTS / "hub" / "malicious.py")
    files = module(TESTS / "hub" / "malicious_gguf.py")
    conftest = module(TESTS / "conftest.py")
    wrong, counts = [], Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        sound, canary = pristine(work / "sound"), work / "canary"
        server = conftest.start_server(work / "data", work / "server")
        try:
            client = server.client()
            assert code(client.post("models/detect", json={"path": str(sound)})) == ""
            folders = []
            for number, (case, make) in enumerate(attacks.CASES.items()):
                folder = attacks.copied(sound, work / str(number) / "model", canary)
                make(folder, lambda protocol=2: pickle.dumps(Evil(canary), protocol))
                folders.append((case, folder))
            for case, content in files.GGUFS.items():
                folder = work / f"gguf {case}"
                folder.mkdir()
                (folder / "model.gguf").write_bytes(content)
                folders.append((f"gguf, {case}", folder))
            folders = folders[:: asked.every]
            for case, folder in folders:
                ask = {"path": str(folder)}
                ends = {
                    "register": code(client.post("models", json=ask)),
                    "import": imported(client, str(folder)),
                }
                print(f"{case}: {ends}", flush=True)
                counts.update(f"{door}: {end}" for door, end in ends.items())
                if GROUPS & set(ends.values()) or canary.exists():
                    wrong.append((case, ends))
                    canary.unlink(missing_ok=True)
        finally:
            server.stop()
    for line, count in sorted(counts.items()):
        print(f"{count:5}  {line}")
    print(f"{len(folders)} attacks, {len(wrong)} not refused by name", *wrong, sep="\n  ")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
