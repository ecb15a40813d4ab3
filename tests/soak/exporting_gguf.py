"""A real model as GGUF, asked by llama.cpp itself: what the small models of the tests cannot show.

    python tests/soak/exporting_gguf.py [MODEL_FOLDER] [--types f32 f16 bf16 q8_0]

Without a folder: Gemma 3 270M from the package of the `bench` extra. Says for each form how large
it is, how many sample sentences are cut otherwise, how far the greedy answer to a Persian prompt
agrees with that of transformers, and the perplexity of a Persian text beside theirs.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from jupyter_persian_ai.optimize import export
from jupyter_persian_ai.optimize.gguf_pretokenizers import SENTENCES
from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext

SCRIPT = Path(__file__).parents[1] / "optimize" / "llama_cpp.py"
PROMPT = "کتابخانهٔ ملی ایران در تهران"
TEXT = "امروز هوا آفتابی است و بچه‌ها در حیاط مدرسه بازی می‌کنند."
STEPS, PROBABILITIES = 24, 20_000


def gemma(folder: Path) -> Path:
    """Gemma 3 270M as an ordinary folder."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
    import training_workloads

    training_workloads._gemma(folder)
    return folder


def exported(folder: Path, form: str, out: Path) -> Path:
    spec = JobSpec(
        job_id="soak",
        attempt=1,
        kind=JobKind.MODEL,
        recipe="export",
        name="soak",
        options={"model_id": "m", "format": "gguf", "gguf_type": form},
        inputs={"model_path": str(folder), "model_name": "soak", "disk_reserve_bytes": 0},
        job_dir=str(out),
    )
    out.mkdir(parents=True, exist_ok=True)
    context = WorkerContext(spec, out / "1", lambda *_, **__: None, lambda: False)
    result = export.run(context)
    return Path(result["path"]) / result["files"][0]["name"]


def asked(file: Path, requests: list[dict]) -> list:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(file), "256"],
        input="".join(json.dumps(one) + "\n" for one in requests),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    if len(lines) != len(requests):
        raise SystemExit(done.stderr[-3000:])
    return [json.loads(line.removeprefix("ANSWER ")) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--types", nargs="+", default=["f32", "f16", "bf16", "q8_0"])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = chosen.folder or gemma(Path(place) / "gemma")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        prompt, text = tokenizer(PROMPT)["input_ids"], tokenizer(TEXT)["input_ids"]
        with torch.no_grad():
            written = model.generate(torch.tensor([prompt]), max_new_tokens=STEPS, do_sample=False)[
                0, len(prompt) :
            ].tolist()
            scores = model(torch.tensor([text])).logits[0].log_softmax(-1)
        del model
        places = range(2, len(text))
        wanted = -sum(scores[at - 1][text[at]].item() for at in places) / len(places)
        cuts = [tokenizer(one, add_special_tokens=False)["input_ids"] for one in SENTENCES]
        print(f"transformers: perplexity {math.exp(wanted):.3f}; {tokenizer.decode(written)!r}")
        sign = tokenizer.convert_tokens_to_ids("a")
        for form in chosen.types:
            began = time.perf_counter()
            file = exported(folder, form, Path(place) / form)
            took = time.perf_counter() - began
            requests = [{"tokenize": one} for one in SENTENCES]
            requests.append(
                {
                    "prompt": PROMPT,
                    "n_predict": STEPS,
                    "temperature": 0,
                    "ignore_eos": True,
                    "return_tokens": True,
                }
            )
            requests += [
                {
                    "prompt": text[:at],
                    "n_predict": 1,
                    "n_probs": PROBABILITIES,
                    "logit_bias": [[sign, 1000.0]],
                }
                for at in places
            ]
            answers = asked(file, requests)
            different = sum(one != cut for one, cut in zip(answers[: len(cuts)], cuts, strict=True))
            tokens = answers[len(cuts)]["tokens"]
            same = next(
                (
                    at
                    for at, pair in enumerate(zip(tokens, written, strict=False))
                    if len({*pair}) > 1
                ),
                len(written),
            )
            lost, got = 0, 0.0
            for at, answer in zip(places, answers[len(cuts) + 1 :], strict=True):
                (content,) = answer["completion_probabilities"]
                told = {one["id"]: one["logprob"] for one in content["top_logprobs"]}
                lost += text[at] not in told
                got -= told.get(text[at], min(told.values()))
            print(
                f"{form}: {file.stat().st_size / 1e6:.1f} MB in {took:.1f} s; "
                f"{different} of {len(cuts)} sentences cut otherwise; "
                f"{same} of {len(written)} greedy tokens the same; "
                f"perplexity {math.exp(got / len(places)):.3f} ({lost} beyond the list)"
            )


if __name__ == "__main__":
    main()
