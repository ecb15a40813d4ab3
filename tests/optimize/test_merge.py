"""An adapter merged into its base: the same numbers as PEFT's, and only what fits."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from jupyter_persian_ai.errors import (
    AdapterUnfit,
    MergeDiffers,
    ModelNotAFolder,
    ModelUnsafe,
    PersianAIError,
)
from jupyter_persian_ai.hub.inspect import inspect_folder
from jupyter_persian_ai.optimize import adapter as adapters
from jupyter_persian_ai.optimize import merge
from jupyter_persian_ai.protocol.worker import WorkStopped

#: peft 0.21 asks transformers 5.23 by the old name.
pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`:UserWarning"),
]

IDS = torch.tensor([[5, 17, 90, 200, 33, 8]])


def causal(folder: Path):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=IDS).logits


def _made(base: Path, folder: Path, lora: dict) -> tuple[Path, torch.Tensor]:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    options = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj", "down_proj"]}
    with warnings.catch_warnings():  # a fixture of the module has no marks
        warnings.simplefilter("ignore", FutureWarning)
        adapted = get_peft_model(
            causal(base), LoraConfig(task_type="CAUSAL_LM", **(options | lora))
        )
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_" in name and "magnitude" not in name:
                parameter.copy_(torch.randn_like(parameter) * 0.2)
    adapted.save_pretrained(folder)
    return folder, logits(adapted.eval())


@pytest.fixture
def make_adapter(tmp_path):
    """`make_adapter(base, **lora)` gives an adapter's folder and the logits of both together."""
    return lambda base, **lora: _made(base, tmp_path / "adapter", lora)


@pytest.fixture(scope="module")
def plain_adapter(llama, tmp_path_factory):
    """An adapter for `llama`, made once, and the logits of both together."""
    return _made(llama, tmp_path_factory.mktemp("plain") / "adapter", {})


@pytest.fixture
def adapter_for_llama(plain_adapter, tmp_path):
    """A copy of it that a test may bend."""
    folder, wanted = plain_adapter
    return shutil.copytree(folder, tmp_path / "adapter"), wanted


def merged(work, base: Path, adapter: Path, **more):
    options = {"adapter": str(adapter), "model_id": "m"} | more
    return work(merge.run, options, model_path=base, model_name="پایه", license="mit")


@pytest.mark.parametrize(
    "lora",
    [
        {},
        {"use_rslora": True, "lora_alpha": 3},
        {"use_dora": True},
        {"rank_pattern": {"v_proj": 2}, "alpha_pattern": {"v_proj": 5}},
        {"target_modules": "all-linear"},
        {
            "target_modules": ["q_proj", "embed_tokens"],
            "_base": {"tie_word_embeddings": False},
        },
        {"modules_to_save": ["lm_head"], "_base": {"tie_word_embeddings": False}},
    ],
    ids=["plain", "rslora", "dora", "patterns", "all-linear", "embedding", "saved-head"],
)
def test_the_merged_model_is_base_and_adapter_together(make_model, work, make_adapter, lora):
    lora = dict(lora)
    base = make_model("llama", **lora.pop("_base", {}))
    adapter, wanted = make_adapter(base, **lora)
    result = merged(work, base, adapter)
    made = Path(result["path"])
    assert made == work.job_dir.parent / "models" / "job1"
    plain = causal(made)
    assert type(plain).__name__ == "LlamaForCausalLM"
    assert torch.allclose(logits(plain), wanted, atol=1e-4)
    assert not torch.allclose(logits(causal(base)), wanted, atol=1e-2), "the adapter does nothing"
    assert result["difference"] < 1e-5
    assert result["model"] == inspect_folder({"path": str(made)})
    assert not list(made.glob("adapter*"))
    readme = (made / "README.md").read_text()
    assert "ادغام آداپتور" in readme
    assert 'license: "mit"' in readme
    steps = [one["detail"] for one in work.progress]
    assert steps[:4] == ["load", "compare", "write", "check"]
    assert work.progress[-1]["done"] == work.progress[-1]["total"]


def test_formats_of_the_result(make_model, work, make_adapter):
    base = make_model("llama", dtype=torch.bfloat16)
    adapter, wanted = make_adapter(base)
    result = merged(work, base, adapter)
    assert result["model"]["dtype"] == "bf16"
    assert 0 < result["difference"] < 0.08
    again = merged(work, base, adapter, dtype="float32")
    assert again["model"]["dtype"] == "f32"
    assert again["difference"] < result["difference"]
    assert torch.allclose(logits(causal(Path(again["path"]))), wanted, atol=1e-4)


def test_what_numbers_do_not_bear_is_not_kept(llama, work, adapter_for_llama, monkeypatch):
    adapter, _ = adapter_for_llama
    monkeypatch.setattr(merge, "_ALLOWED", {torch.float32: 1e-12})
    with pytest.raises(MergeDiffers):
        merged(work, llama, adapter)
    assert list((work.job_dir.parent / "models").iterdir()) == []


def test_a_stop_leaves_nothing(llama, work, adapter_for_llama):
    adapter, _ = adapter_for_llama
    work.stop_after = 4
    with pytest.raises(WorkStopped):
        merged(work, llama, adapter)
    assert list((work.job_dir.parent / "models").iterdir()) == []


def test_another_base_is_refused_unless_that_is_wanted(llama, work, adapter_for_llama):
    adapter, _ = adapter_for_llama
    change(adapter, base_model_name_or_path="owner/another-model")
    with pytest.raises(AdapterUnfit, match="owner/another-model"):
        merged(work, llama, adapter)
    assert merged(work, llama, adapter, any_base=True)["path"]


@pytest.mark.parametrize(
    ("said", "known", "same"),
    [
        ("google/gemma-3-270m", ["google/gemma-3-270m"], True),
        ("google/gemma-3-270m", ["/models/Gemma-3-270m"], True),
        (
            "/home/a/.cache/huggingface/hub/models--google--gemma-3-270m/snapshots/abc",
            ["google/gemma-3-270m"],
            True,
        ),
        ("google/gemma-3-270m", ["google/gemma-3-270m-it", "", "/models/x"], False),
    ],
)
def test_the_many_names_of_a_base(said, known, same):
    assert adapters.names_base(said, known) is same


def change(adapter: Path, **fields) -> None:
    path = adapter / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def rewrite(adapter: Path, edit) -> None:
    path = adapter / "adapter_model.safetensors"
    tensors = load_file(path)
    edit(tensors)
    save_file(tensors, path)


def rename_first(tensors, name) -> None:
    tensors[name] = tensors.pop(next(iter(tensors)))


def wider(tensors) -> None:
    name = next(name for name in tensors if name.endswith("q_proj.lora_A.weight"))
    tensors[name] = torch.zeros(4, 65)


def not_a_number(tensors) -> None:
    next(iter(tensors.values()))[0, 0] = float("nan")


LAYER = "base_model.model.model.layers.99.self_attn.q_proj.lora_A.weight"
BAD = {
    "another type": lambda a: change(a, peft_type="IA3"),
    "code": lambda a: change(a, auto_mapping={"base_model_class": "X", "parent_library": "os"}),
    "an unknown field": lambda a: change(a, plugin="evil"),
    "a bias": lambda a: change(a, bias="all"),
    "layers anew": lambda a: change(a, layer_replication=[[0, 2]]),
    "no factor": lambda a: change(a, lora_alpha="8"),
    "a huge factor": lambda a: change(a, lora_alpha=1e30),
    "another task": lambda a: change(a, task_type="QUESTION_ANS"),
    "a layer that is not there": lambda a: rewrite(a, lambda t: rename_first(t, LAYER)),
    "a pattern for a name": lambda a: rewrite(
        a, lambda t: rename_first(t, "base_model.model.(a+)+$.lora_A.weight")
    ),
    "no prefix": lambda a: rewrite(a, lambda t: rename_first(t, "x.lora_A.weight")),
    "another shape": lambda a: rewrite(a, wider),
    "no number": lambda a: rewrite(a, not_a_number),
    "half of it": lambda a: rewrite(a, lambda t: [t.pop(n) for n in list(t)[1:]]),
}


@pytest.mark.parametrize("bad", [*BAD])
def test_what_cannot_be_merged_is_refused_by_name(llama, work, adapter_for_llama, bad):
    adapter, _ = adapter_for_llama
    BAD[bad](adapter)
    with pytest.raises(AdapterUnfit) as caught:
        merged(work, llama, adapter)
    assert caught.value.body.message_fa
    models = work.job_dir.parent / "models"
    assert not models.exists() or list(models.iterdir()) == []


def test_a_pattern_of_factors_is_never_run(llama, work, adapter_for_llama):
    """A key that would take for ever as a pattern is only compared."""
    adapter, wanted = adapter_for_llama
    change(adapter, alpha_pattern={"(.*)*(.*)*(.*)*x": 9})
    result = merged(work, llama, adapter)
    assert torch.allclose(logits(causal(Path(result["path"]))), wanted, atol=1e-4)


class Canary:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_a_pickled_adapter_is_refused_unopened(llama, work, adapter_for_llama, tmp_path):
    adapter, _ = adapter_for_llama
    (adapter / "adapter_model.safetensors").unlink()
    (adapter / "adapter_model.bin").write_bytes(pickle.dumps(Canary(tmp_path / "canary")))
    with pytest.raises(ModelUnsafe, match=re.escape("adapter_model.bin")):
        merged(work, llama, adapter)
    (adapter / "adapter_model.safetensors").write_bytes(pickle.dumps(Canary(tmp_path / "canary")))
    with pytest.raises(PersianAIError):
        merged(work, llama, adapter)
    assert not (tmp_path / "canary").exists()


def test_a_folder_without_an_adapter(llama, work, tmp_path):
    with pytest.raises(ModelNotAFolder):
        merged(work, llama, tmp_path)
