"""Sound folders are described; malicious, broken and foreign ones are refused by name.

Every pickle here would create the canary file when unpickled; none ever does.
"""

import io
import json
import os
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from jupyter_persian_ai import errors
from jupyter_persian_ai.hub.config_rules import _DECODER, _ENCODER, ENCODER_TYPES, MODEL_TYPES
from jupyter_persian_ai.hub.inspect import inspect_folder
from jupyter_persian_ai.jobs import confined


def inspect(folder):
    return inspect_folder({"path": str(folder)})


def edit(folder, name="config.json", **changes):
    path = folder / name
    content = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(content | changes))


def weights(folder):
    return folder / "model.safetensors"


def split(path):
    """Header and data of a safetensors file."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def join(path, header, data, length=None):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw) if length is None else length) + raw + data)


def bend(change):
    """A case that changes the header of the weights."""

    def make(folder, evil):
        header, data = split(weights(folder))
        changed = change(header)
        join(weights(folder), header if changed is None else changed, data)

    return make


def only(name):
    """A case whose only weights are a pickle of this name."""

    def make(folder, evil):
        weights(folder).unlink()
        (folder / name).write_bytes(evil)

    return make


def with_field(name="config.json", **fields):
    return lambda folder, evil: edit(folder, name, **fields)


def first(header):
    return next(value for key, value in header.items() if key != "__metadata__")


def torch_zip(folder, evil):
    weights(folder).unlink()
    with zipfile.ZipFile(folder / "pytorch_model.bin", "w") as archive:
        archive.writestr("archive/data.pkl", evil)


def object_array(folder, evil):
    weights(folder).unlink()
    buffer = io.BytesIO()
    np.save(buffer, np.array([Path("x")], dtype=object), allow_pickle=True)
    (folder / "weights.npy").write_bytes(buffer.getvalue() + evil)


def renamed(folder, evil):
    weights(folder).write_bytes(evil)


def appended(folder, evil):
    with weights(folder).open("ab") as file:
        file.write(evil)


def prepended(folder, evil):
    weights(folder).write_bytes(evil + weights(folder).read_bytes())


def hidden_between(folder, evil):
    header, data = split(weights(folder))
    names = sorted(
        (n for n in header if n != "__metadata__"), key=lambda n: header[n]["data_offsets"]
    )
    for name in names[1:]:
        header[name]["data_offsets"] = [place + len(evil) for place in header[name]["data_offsets"]]
    gap = header[names[0]]["data_offsets"][1]
    join(weights(folder), header, data[:gap] + evil + data[gap:])


def shard_outside(name):
    def make(folder, evil):
        shutil.copy(weights(folder), folder.parent / "stolen.safetensors")
        tensor_names = [key for key in split(weights(folder))[0] if key != "__metadata__"]
        weights(folder).unlink()
        index = {"weight_map": dict.fromkeys(tensor_names, name)}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    return make


def pickle_as_shard(folder, evil):
    weights(folder).unlink()
    (folder / "pytorch_model.bin").write_bytes(evil)
    index = {"weight_map": {"model.norm.weight": "pytorch_model.bin"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def link_out(name):
    def make(folder, evil):
        outside = folder.parent / "outside"
        (folder / name).rename(outside)
        (folder / name).symlink_to(outside)

    return make


def sibling_prefix(folder, evil):
    """A folder whose name begins with ours: string checks let it in."""
    other = folder.with_name("model-other")
    other.mkdir()
    weights(folder).rename(other / "w.safetensors")
    weights(folder).symlink_to("../model-other/w.safetensors")


def false_cache(folder, evil):
    """A link through `blobs` of no cache of ours."""
    blobs = folder.parent / "blobs"
    blobs.mkdir()
    weights(folder).rename(blobs / "abc")
    weights(folder).symlink_to("../blobs/abc")


UNSAFE = {
    "auto_map": with_field(auto_map={"AutoModelForCausalLM": "evil--modeling.Evil"}),
    "auto_map in tokenizer": with_field(
        "tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.T", None]}
    ),
    "auto_map in generation": with_field("generation_config.json", auto_map={"x": "y"}),
    "auto_map in processor": with_field(
        "processor_config.json", auto_map={"AutoProcessor": "evil.P"}
    ),
    "auto_map deep": with_field(text_config={"a": [{"auto_map": {"AutoModel": "evil.M"}}]}),
    "trust_remote_code": with_field(trust_remote_code=True),
    "attention from a repository": with_field(_attn_implementation="evil/kernels:attention"),
    "attention, internal name": with_field(_attn_implementation_internal="evil/kernels"),
    "attention, plain name": with_field(attn_implementation="evil/kernels"),
    "attention by part": with_field(_attn_implementation={"text_config": "evil/kernels"}),
    "attention deep": with_field(text_config={"_attn_implementation": "evil/k"}),
    "experts from a repository": with_field(_experts_implementation="evil/kernels"),
    "custom generate": with_field("generation_config.json", custom_generate="evil/generate"),
    "kernel config": with_field(kernel_config={"RMSNorm": "evil/kernels"}),
    "names a repository": with_field(adapter_repo="evil/adapter"),
    "names a module": with_field(rope_parameters={"init_module": "evil.rope"}),
    "code in quantization": with_field(
        quantization_config={"quant_method": "x", "custom_module": "evil"}
    ),
    "pytorch_model.bin": only("pytorch_model.bin"),
    "zip of torch": torch_zip,
    "model.pt": only("model.pt"),
    "model.pth": only("consolidated.00.pth"),
    "model.ckpt": only("model.ckpt"),
    "model.pkl": only("model.pkl"),
    "model.PICKLE": only("model.PICKLE"),
    "model.joblib": only("model.joblib"),
    "array of objects": object_array,
    "model.npz": only("model.npz"),
    "tf_model.h5": only("tf_model.h5"),
    "model.keras": only("model.keras"),
    "flax_model.msgpack": only("flax_model.msgpack"),
    "pickle without config": lambda folder, evil: (
        (folder / "config.json").unlink(),
        only("a.pt")(folder, evil),
    ),
    "pickle renamed": renamed,
    "pickle appended": appended,
    "pickle in front": prepended,
    "pickle between tensors": hidden_between,
    "pickle as a shard": pickle_as_shard,
    "empty weights": lambda folder, evil: weights(folder).write_bytes(b""),
    "header of a length alone": lambda folder, evil: weights(folder).write_bytes(b"\xff" * 8),
    "header bomb": lambda folder, evil: join(weights(folder), b"{}", b"", length=2**63),
    "header over the limit": lambda folder, evil: join(
        weights(folder), b"{" + b" " * 64, b"", length=100_000_001
    ),
    "header past the end": lambda folder, evil: join(weights(folder), b"{}", b"", length=99),
    "header no JSON": lambda folder, evil: join(weights(folder), b"{nope}", b""),
    "header deep": lambda folder, evil: join(weights(folder), b'{"a":' + b"[" * 99_999, b""),
    "header a list": lambda folder, evil: join(weights(folder), b"[]", b""),
    "header not UTF-8": lambda folder, evil: join(weights(folder), b'{"\xff": 1}', b""),
    "header with endless digits": lambda folder, evil: join(
        weights(folder), b'{"a": ' + b"9" * 9999 + b"}", b""
    ),
    "tensor no object": bend(lambda header: header.update(extra=7)),
    "unknown dtype": bend(lambda header: first(header).update(dtype="PICKLE")),
    "dtype no text": bend(lambda header: first(header).update(dtype=["F32"])),
    "negative shape": bend(lambda header: first(header).update(shape=[-1, -64])),
    "huge shape": bend(lambda header: first(header).update(shape=[2**62, 2**62])),
    "shape of flags": bend(lambda header: first(header).update(shape=[True])),
    "offsets backwards": bend(lambda header: first(header).update(data_offsets=[8, 4])),
    "offsets past the end": bend(lambda header: first(header).update(data_offsets=[0, 2**60])),
    "overlap": bend(lambda header: header.update(twin=dict(first(header)))),
    "lost tensor": bend(lambda header: {k: v for k, v in header.items() if "norm" not in k}),
    "shard above": shard_outside("../stolen.safetensors"),
    "shard absolute": shard_outside("/etc/stolen.safetensors"),
    "shard encoded": shard_outside("..%2fstolen.safetensors"),
    "shard with backslash": shard_outside("..\\stolen.safetensors"),
    "shard with NUL": shard_outside("model\x00.safetensors"),
    "shard in a folder": shard_outside("sub/model.safetensors"),
    "shard of another kind": shard_outside("config.json"),
    "config linked out": link_out("config.json"),
    "weights linked out": link_out("model.safetensors"),
    "tokenizer linked out": link_out("tokenizer.json"),
    "anything linked out": link_out("README.md"),
    "sibling prefix": sibling_prefix,
    "false cache": false_cache,
}


@pytest.fixture
def evil(canary_pickle):
    """A pickle that makes the canary file; that it was not made is checked at the end."""
    return canary_pickle()


@pytest.mark.parametrize("make", UNSAFE.values(), ids=UNSAFE.keys())
def test_unsafe(model, evil, make):
    make(model, evil)
    if make is UNSAFE["shard encoded"]:
        with pytest.raises(errors.ModelNotAFolder):  # only a name that is not there
            inspect(model)
        return
    with pytest.raises(errors.ModelUnsafe) as caught:
        inspect(model)
    body = caught.value.body
    assert "{" not in body.message + body.message_fa
    assert body.details["file"]
    json.dumps(body.details)


def test_the_file_is_named(model, evil):
    only("pytorch_model.bin")(model, evil)
    with pytest.raises(errors.ModelUnsafe, match=r"pytorch_model\.bin"):
        inspect(model)


NOT_A_MODEL = {
    "no config": lambda folder: (folder / "config.json").unlink(),
    "no weights": lambda folder: weights(folder).unlink(),
    "no tokenizer": lambda folder: (folder / "tokenizer.json").unlink(),
    "adapter": lambda folder: edit(
        folder, "adapter_config.json", base_model_name_or_path="evil/base"
    ),
    "config no JSON": lambda folder: (folder / "config.json").write_text("{"),
    "config a list": lambda folder: (folder / "config.json").write_text("[]"),
    "config binary": lambda folder: (folder / "config.json").write_bytes(os.urandom(99) + b"\xff"),
    "config huge": lambda folder: (folder / "config.json").write_text(" " * 5_000_000 + "{}"),
    "config deep": lambda folder: (folder / "config.json").write_text('{"a":' * 99_999),
    "config rather deep": lambda folder: (folder / "config.json").write_text(
        '{"a":' * 99 + "1" + "}" * 99
    ),
    "config a folder": lambda folder: (
        (folder / "config.json").unlink(),
        (folder / "config.json").mkdir(),
    ),
    "config a pipe": lambda folder: (
        (folder / "config.json").unlink(),
        os.mkfifo(folder / "config.json"),
    ),
    "dangling link": lambda folder: (folder / "LICENSE").symlink_to("nowhere"),
    "link to itself": lambda folder: (folder / "LICENSE").symlink_to("LICENSE"),
    "terabytes of layers": lambda folder: edit(folder, num_hidden_layers=10**9),
    "terabytes within the limits": lambda folder: edit(
        folder, num_hidden_layers=999, hidden_size=65_536
    ),
    "layers no number": lambda folder: edit(folder, num_hidden_layers="many"),
    "negative width": lambda folder: edit(folder, hidden_size=-1),
    "huge in a part": lambda folder: edit(folder, text_config={"vocab_size": 2**40}),
    "index without map": lambda folder: (
        weights(folder).unlink(),
        edit(folder, "model.safetensors.index.json"),
    ),
    "missing shard": lambda folder: shard_outside("model-00001-of-00001.safetensors")(folder, b""),
    "many files": lambda folder: [(folder / f"{n}.txt").touch() for n in range(10_001)],
}


@pytest.mark.parametrize("make", NOT_A_MODEL.values(), ids=NOT_A_MODEL.keys())
def test_not_a_model(model, make):
    make(model)
    with pytest.raises((errors.ModelNotAFolder, errors.ModelUnsafe)) as caught:
        inspect(model)
    looping = make is NOT_A_MODEL["link to itself"]
    assert isinstance(caught.value, errors.ModelNotAFolder) or looping
    body = caught.value.body
    assert "{" not in body.message + body.message_fa


@pytest.mark.parametrize("path", ["absent", "file", "a\x00b", "x" * 5000])
def test_no_folder(tmp_path, path):
    (tmp_path / "file").touch()
    with pytest.raises(errors.ModelNotAFolder):
        inspect(tmp_path / path)


@pytest.mark.parametrize(
    "changes",
    [
        {"model_type": "bert"},
        {"model_type": "whisper"},
        {"model_type": None},
        {"model_type": ["llama"]},
        {"model_type": "../llama"},
        {"architectures": ["LlamaForQuestionAnswering"]},
        {"architectures": ["evil.module:LlamaForCausalLM"]},
        {"architectures": "LlamaModel"},
        {"architectures": [7]},
        {"is_encoder_decoder": True},
        {"quantization_config": {"quant_method": "gptq", "bits": 4}},
    ],
    ids=str,
)
def test_unsupported(model, changes):
    edit(model, **changes)
    with pytest.raises(errors.ModelUnsupported):
        inspect(model)


def test_gguf_is_unsupported(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(errors.ModelUnsupported):
        inspect(tmp_path)


class TestSound:
    def test_facts(self, model, parameters):
        facts = inspect(model)
        facts.pop("config")
        assert facts == {
            "architecture": "LlamaForCausalLM",
            "model_type": "llama",
            "parameters": parameters,
            "bytes": weights(model).stat().st_size,
            "dtype": "f32",
            "vocabulary": 64,
            "context_length": 128,
            "license": "apache-2.0",
            "tokenizer": "tokenizer.json",
            "chat_template": False,
            "normaliser": None,
        }

    def test_through_the_confined_process(self, model):
        facts = confined.call(
            "jupyter_persian_ai.hub.inspect:inspect_folder",
            {"path": str(model)},
            memory_bytes=2**30,
            seconds=60,
        )
        assert facts == inspect(model)
        edit(model, auto_map={"AutoModel": "evil.Evil"})
        with pytest.raises(errors.ModelUnsafe, match="auto_map"):
            confined.call(
                "jupyter_persian_ai.hub.inspect:inspect_folder",
                {"path": str(model)},
                memory_bytes=2**30,
                seconds=60,
            )

    def test_transformers_loads_what_is_accepted(self, model):
        from transformers import AutoModelForCausalLM

        inspect(model)
        loaded = AutoModelForCausalLM.from_pretrained(model, trust_remote_code=False)
        assert type(loaded).__name__ == "LlamaForCausalLM"

    def test_pickles_beside_safetensors_are_left_alone(self, model, evil):
        (model / "training_args.bin").write_bytes(evil)
        (model / "pytorch_model.bin").write_bytes(evil)
        assert inspect(model)["model_type"] == "llama"

    def test_harmless_fields_of_older_versions(self, model):
        edit(
            model,
            _attn_implementation_autoset=True,
            _attn_implementation="sdpa",
            attn_implementation=None,
            _name_or_path="someone/some-model",
            auto_map={},
            trust_remote_code=False,
            torch_dtype="bfloat16",
        )
        assert inspect(model)["model_type"] == "llama"

    def test_chat_template(self, model):
        edit(model, "tokenizer_config.json", chat_template="{{ messages }}")
        assert inspect(model)["chat_template"] is True

    def test_shards(self, model, parameters, weights_of_model):
        weights(model).unlink()
        weight_map = {}
        for number, (name, tensor) in enumerate(weights_of_model.items()):
            shard = f"model-{number:05}.safetensors"
            save_file({name: tensor}, model / shard)
            weight_map[name] = shard
        edit(model, "model.safetensors.index.json", weight_map=weight_map)
        assert inspect(model)["parameters"] == parameters
        edit(
            model,
            "model.safetensors.index.json",
            weight_map=weight_map | {"lm_head.weight": "model-00000.safetensors"},
        )
        with pytest.raises(errors.ModelNotAFolder, match="lacks tensors"):
            inspect(model)

    def test_a_snapshot_of_the_hub_cache(self, model, tmp_path):
        repository = tmp_path / "hub" / "models--owner--name"
        snapshot = repository / "snapshots" / "0123abc"
        (repository / "blobs").mkdir(parents=True)
        snapshot.mkdir(parents=True)
        for number, path in enumerate(model.iterdir()):
            path.rename(repository / "blobs" / str(number))
            (snapshot / path.name).symlink_to(f"../../blobs/{number}")
        assert inspect(snapshot)["model_type"] == "llama"
        # Into the cache, but not into its blobs.
        (repository / "refs").mkdir()
        (snapshot / "tokenizer.json").unlink()
        (repository / "refs" / "main").write_text("{}")
        (snapshot / "tokenizer.json").symlink_to("../../refs/main")
        with pytest.raises(errors.ModelUnsafe):
            inspect(snapshot)

    def test_links_within_the_folder(self, model):
        (model / "real.safetensors").write_bytes(weights(model).read_bytes())
        weights(model).unlink()
        weights(model).symlink_to("real.safetensors")
        assert inspect(model)["model_type"] == "llama"

    def test_a_folder_reached_by_a_link(self, model, tmp_path):
        (tmp_path / "link").symlink_to(model)
        assert inspect(tmp_path / "link")["model_type"] == "llama"


def test_every_kind_on_the_list_is_native_to_transformers():
    from transformers.models.auto import modeling_auto as auto

    native = dict(auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
    assert not MODEL_TYPES - set(native)
    assert all(_DECODER.fullmatch(native[kind]) for kind in MODEL_TYPES)
    for names in (
        auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
        auto.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
        auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    ):
        assert all(_ENCODER.fullmatch(dict(names)[kind]) for kind in ENCODER_TYPES)
