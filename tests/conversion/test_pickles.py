"""Weights that PyTorch saved, as safetensors: bit for bit what `torch.load` would give."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file

from jupyter_persian_ai import errors
from jupyter_persian_ai.conversion import pickle_child, pickles
from jupyter_persian_ai.hub.inspect import inspect_folder
from jupyter_persian_ai.hub.pickled import inspect_pickled
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.worker import WorkStopped

WIDE = torch.arange(600, dtype=torch.float32).reshape(30, 20) / 7
TENSORS = {
    "wide": WIDE,
    "turned": WIDE.t(),
    "part": WIDE[3:7, 2:5],
    "row": WIDE[4],
    "parameter": torch.nn.Parameter(WIDE[:2].clone()),
    "none": torch.empty(0, 3),
    "one": torch.tensor(3.5),
    "وزن": torch.ones(3),
    **{
        str(dtype).removeprefix("torch."): torch.tensor([0, 1, 1, 0]).to(dtype)
        for dtype in (
            torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32, torch.int16,
            torch.int8, torch.uint8, torch.bool,
        )
    },
}  # fmt: skip


def convert(path, out, **payload):
    with path.open("rb") as source, out.open("wb") as target:
        file = {"source": source.fileno(), "target": target.fileno(), "name": path.name}
        given = {"files": [file], "tied": False, "bytes": path.stat().st_size} | payload
        return pickle_child.convert(given)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("wrapped", [False, True], ids=["state", "checkpoint"])
def test_bit_for_bit(tmp_path, zipped, wrapped):
    path, out = tmp_path / "pytorch_model.bin", tmp_path / "model.safetensors"
    saved = {"epoch": 3, "state_dict": dict(TENSORS)} if wrapped else dict(TENSORS)
    torch.save(saved, path, _use_new_zipfile_serialization=zipped)
    names = convert(path, out)["files"][0]["tensors"]
    assert sorted(names) == sorted(TENSORS)
    made = load_file(out)
    for name, tensor in TENSORS.items():
        assert made[name].dtype == tensor.dtype
        assert torch.equal(made[name], tensor.detach()), name


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_another_format_is_rounded_as_torch_rounds(tmp_path, dtype):
    generator = torch.Generator().manual_seed(0)
    values = torch.cat(
        [
            torch.randn(5000, generator=generator),
            torch.tensor([0.0, -0.0, 1e-40, 60000.0, 1.00390625, 1.01171875, float("nan")]),
        ]
    )
    kept = {"a": values, "b": values.bfloat16(), "c": values.double(), "d": torch.tensor([1, 2])}
    torch.save(kept, tmp_path / "w.bin")
    convert(tmp_path / "w.bin", tmp_path / "out", dtype=dtype)
    made = load_file(tmp_path / "out")
    wanted = getattr(torch, dtype)
    for name in "abc":
        assert torch.equal(made[name].nan_to_num(), kept[name].to(wanted).nan_to_num()), name
    assert made["d"].dtype == torch.int64


def test_too_large_for_half(tmp_path):
    torch.save({"a": torch.tensor([1e6])}, tmp_path / "w.bin")
    with pytest.raises(errors.PickleRefused, match="float16"):
        convert(tmp_path / "w.bin", tmp_path / "out", dtype="float16")


def test_what_is_tied_is_written_once(tmp_path):
    shared = torch.randn(4, 4)
    torch.save({"embed.weight": shared, "lm_head.weight": shared}, tmp_path / "w.bin")
    assert convert(tmp_path / "w.bin", tmp_path / "a", tied=True)["files"] == [
        {"tensors": ["embed.weight"]}
    ]
    assert len(convert(tmp_path / "w.bin", tmp_path / "b", tied=False)["files"][0]["tensors"]) == 2


def pickled(small, folder, shards=1):
    """The small model as folders were before safetensors."""
    shutil.copytree(small, folder)
    state = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    if shards == 1:
        torch.save(
            state | {"lm_head.weight": state["model.embed_tokens.weight"]},
            folder / "pytorch_model.bin",
        )
        return state
    names = sorted(state)
    index = {}
    for number in range(shards):
        file = f"pytorch_model-{number + 1:05}-of-{shards:05}.bin"
        part = names[number::shards]
        torch.save({name: state[name] for name in part}, folder / file)
        index |= dict.fromkeys(part, file)
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": index}))
    return state


@pytest.mark.parametrize("shards", [1, 3])
def test_a_job(small, tmp_path, context, shards):
    folder = tmp_path / "old"
    state = pickled(small, folder, shards)
    (folder / "training_args.bin").write_bytes(b"\x80\x02cos\nsystem\n.")
    with pytest.raises(errors.ModelPickled):
        inspect_folder({"path": str(folder)})
    ctx, said = context("convert", folder, accept_risk=True)
    try:
        result = pickles.run(ctx)
    except errors.LockdownMissing as missing:
        pytest.skip(missing.body.message)
    place = tmp_path / "models" / "job"
    assert result["path"] == str(place)
    assert result["model"]["model_type"] == "llama"
    assert result["model"]["license"] == "apache-2.0"
    made = {}
    for file in place.glob("*.safetensors"):
        made |= load_file(file)
    assert made.keys() == state.keys()
    assert all(torch.equal(made[name], state[name]) for name in state)
    assert not list(place.glob("*.bin"))
    assert any(kind is EventType.PROGRESS and data["done"] for kind, data in said)
    assert not list((tmp_path / "jobs").glob("job/*/model"))

    from transformers import AutoModelForCausalLM

    loaded = AutoModelForCausalLM.from_pretrained(place)
    assert torch.equal(loaded.lm_head.weight, state["model.embed_tokens.weight"])

    # Killed between the rename and its last word, it finds the model in its place.
    again, _ = context("convert", folder, attempt=2, accept_risk=True)
    assert pickles.run(again) == result


def test_in_another_format(small, tmp_path, context):
    pickled(small, tmp_path / "old")
    ctx, _ = context("convert", tmp_path / "old", accept_risk=True, dtype="bfloat16")
    try:
        result = pickles.run(ctx)
    except errors.LockdownMissing as missing:
        pytest.skip(missing.body.message)
    assert result["model"]["dtype"] == "bf16"
    assert result["model"]["config"]["dtype"] == "bfloat16"


def test_stopped(small, tmp_path, context):
    pickled(small, tmp_path / "old")
    ctx, _ = context("convert", tmp_path / "old", stop=lambda: True, accept_risk=True)
    with pytest.raises(WorkStopped):
        pickles.run(ctx)
    assert not (tmp_path / "models").exists()


def test_too_little_room(small, tmp_path, context, monkeypatch):
    pickled(small, tmp_path / "old")
    ctx, _ = context("convert", tmp_path / "old", accept_risk=True)
    ctx.spec.inputs["disk_reserve_bytes"] = 2**62
    with pytest.raises(errors.DiskFull):
        pickles.run(ctx)


def test_what_remains_is_judged_first(small, tmp_path, context):
    pickled(small, tmp_path / "old")
    config = tmp_path / "old" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"auto_map": {"a": "b"}}))
    ctx, _ = context("convert", tmp_path / "old", accept_risk=True)
    with pytest.raises(errors.ModelUnsafe, match="auto_map"):
        pickles.run(ctx)
    assert not (tmp_path / "models").exists()


def test_a_bert_of_old(tmp_path):
    """As Persian encoders were published in 2020: the first form of the file, names of then, and
    a vocabulary of lines."""
    from transformers import AutoTokenizer, BertConfig, BertForMaskedLM

    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "کتاب", "##ها", "من"]
    (old / "vocab.txt").write_text("\n".join(words), "utf-8")
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
    )
    config.save_pretrained(old)
    model = BertForMaskedLM(config)
    state = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("Norm.bias", "Norm.beta"): one
        for name, one in model.state_dict().items()
    }
    torch.save(state, old / "pytorch_model.bin", _use_new_zipfile_serialization=False)

    found = inspect_pickled({"path": str(old)})
    assert (found["files"], found["tied"]) == (["pytorch_model.bin"], True)
    for name in found["kept"]:
        shutil.copy(old / name, new / name)
    convert(old / "pytorch_model.bin", new / "model.safetensors", tied=True)
    facts = inspect_folder({"path": str(new)})
    assert (facts["model_type"], facts["tokenizer"]) == ("bert", "vocab.txt")
    loaded, loading = BertForMaskedLM.from_pretrained(new, output_loading_info=True)
    assert not any(loading.values())
    for name, one in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], one), name
    assert AutoTokenizer.from_pretrained(new).tokenize("من کتابها") == ["من", "کتاب", "##ها"]
