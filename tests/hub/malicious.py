"""A corpus of model folders, configurations and files that attack whoever loads them.

Each case is a function `(folder, evil)` that bends a sound model folder; `evil(protocol)` is a
pickle that makes the canary file when it is unpickled, and `evil.py` in the folder makes it when
it is imported. Nothing here is harmful beyond that file.
"""

import io
import json
import os
import pickle
import shutil
import struct
import zipfile

WEIGHTS = "model.safetensors"


def edit(folder, name="config.json", **changes):
    path = folder / name
    content = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(content | changes))


def split(folder):
    raw = (folder / WEIGHTS).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def join(folder, header, data, length=None):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    (folder / WEIGHTS).write_bytes(
        struct.pack("<Q", len(raw) if length is None else length) + raw + data
    )


def only(name, content=None):
    def make(folder, evil):
        (folder / WEIGHTS).unlink()
        (folder / name).write_bytes(evil() if content is None else content(evil))

    return make


def field(name="config.json", **fields):
    return lambda folder, evil: edit(folder, name, **fields)


def bend(change):
    def make(folder, evil):
        header, data = split(folder)
        changed = change(header)
        join(folder, header if changed is None else changed, data)

    return make


def first(header):
    return next(value for key, value in header.items() if key != "__metadata__")


def text(name, content):
    def make(folder, evil):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)

    return make


def split_pattern(pattern):
    def make(folder, evil):
        path = folder / "tokenizer.json"
        content = json.loads(path.read_text())
        split = {
            "type": "Split",
            "pattern": {"Regex": pattern},
            "behavior": "Isolated",
            "invert": False,
        }
        content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split]}
        path.write_text(json.dumps(content))

    return make


# --- pickles -----------------------------------------------------------------------------------

NAMES = (
    "pytorch_model.bin", "model.pt", "consolidated.00.pth", "model.ckpt", "model.pkl",
    "model.PICKLE", "model.joblib", "weights.npy", "weights.npz", "tf_model.h5", "model.hdf5",
    "model.keras", "flax_model.msgpack", "model.dill", "saved_model.pb", "model.mar",
)  # fmt: skip


def stored(data, name="archive/data.pkl", **parts):
    """A zip such as PyTorch makes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
        archive.writestr("archive/byteorder", b"little")
        for part, content in parts.items():
            archive.writestr(f"archive/data/{part.removeprefix('_')}", content)
    return buffer.getvalue()


def called(module, name, argument="'touch canary'"):
    """A state dict whose value comes of a call, as instructions of protocol 0."""
    return f"(dp0\nVweight\nc{module}\n{name}\n(S{argument}\ntRs.".encode()


#: What a pickle may ask for, one by one; most were ways around deny-lists.
CALLS = {
    "os.system": ("os", "system"), "posix.system": ("posix", "system"),
    "subprocess": ("subprocess", "call"), "eval": ("builtins", "eval"),
    "exec": ("builtins", "exec"), "getattr": ("builtins", "getattr"),
    "import": ("builtins", "__import__"), "runpy": ("runpy", "run_path"),
    "pickle in pickle": ("pickle", "loads"), "torch.load": ("torch.serialization", "load"),
    "bytes of a storage": ("torch.storage", "_load_from_bytes"), "torch.hub": ("torch.hub", "load"),
    "torch.jit": ("torch.jit", "load"), "a method of torch": ("torch.utils.data", "DataLoader"),
    "numpy": ("numpy.core.multiarray", "_reconstruct"), "codecs": ("_codecs", "encode"),
    "pip": ("pip", "main"), "a file": ("builtins", "open"), "ctypes": ("ctypes", "CDLL"),
    "a dotted name": ("torch", "_utils._rebuild_tensor_v2.__globals__"),
}  # fmt: skip

#: Instructions that build or change objects.
RAW = {
    "INST": b"(dp0\nVw\n(S'touch canary'\nios\nsystem\ns.",
    "OBJ": b"(dp0\nVw\n(cos\nsystem\nS'touch canary'\nos.",
    "NEWOBJ": b"\x80\x02}X\x01\x00\x00\x00wccollections\nOrderedDict\n)\x81s.",
    "EXT": b"\x80\x02}X\x01\x00\x00\x00w\x82\x01s.",
    "PERSID": b"(dp0\nVw\nPstorage\ns.",
    "BUILD of a name": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}b.",
    "call of a text": b"\x80\x02X\x02\x00\x00\x00os)R.",
    "no end": b"\x80\x02}",
    "empty": b"",
    "memory that is not there": b"\x80\x02h\x07.",
    "huge text": b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f" + b"x.",
    "a set": b"\x80\x04\x8f.",
    "a list of itself": b"\x80\x02]q\x00h\x00a.",
}


def storage(kind="FloatStorage", key="0", count=4, module="torch"):
    """The persistent id of a storage, as instructions."""
    return (
        b"(X\x07\x00\x00\x00storagec" + module.encode() + b"\n" + kind.encode() + b"\n"
        b"X" + struct.pack("<I", len(key)) + key.encode() + b"X\x03\x00\x00\x00cpuJ"
        + struct.pack("<i", count) + b"tQ"
    )  # fmt: skip


def tensor(before, offset=0, shape=4, stride=1):
    """A state dict of one tensor, as instructions."""
    whole = b"".join(b"J" + struct.pack("<i", number) for number in (offset, shape, stride))
    a, b, c = whole[:5], whole[5:10], whole[10:]
    return (
        b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n(" + before
        + a + b + b"\x85" + c + b"\x85\x89}tRs."
    )  # fmt: skip


TENSORS = {
    "a tensor larger than its data": tensor(storage(), shape=5),
    "a tensor of one element, repeated": tensor(storage(), shape=2**31 - 1, stride=0),
    "a tensor before its data": tensor(storage(), offset=-4),
    "a tensor with a negative shape": tensor(storage(), shape=-1),
    "a storage outside": tensor(storage(key="../../etc/passwd")),
    "a storage of another class": tensor(storage(kind="EvilStorage")),
    "a storage of another module": tensor(storage(module="evil")),
    "a storage larger than its part": tensor(storage(count=400)),
    "a part that is missing": tensor(storage(key="7")),
}


def deflated(evil):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + b"0" * 50_000_000)
    return buffer.getvalue()


def twice(evil):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
        archive.writestr("other/data.pkl", evil())
    return buffer.getvalue()


def moved(evil):
    """The directory says that a part lies elsewhere."""
    raw = bytearray(stored(tensor(storage()), _0=b"\x00" * 16))
    place = raw.find(b"PK\x01\x02")
    raw[place + 42 : place + 46] = struct.pack("<I", 7)
    return bytes(raw)


def encrypted(evil):
    raw = bytearray(stored(tensor(storage()), _0=b"\x00" * 16))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = raw.find(mark)
        raw[place + at] |= 1
    return bytes(raw)


#: Folders whose only weights are a pickle that may be converted, and must not be.
PICKLES = {
    **{f"pickle {name}": only(name) for name in NAMES},
    **{
        f"protocol {number}": only("pytorch_model.bin", lambda evil, n=number: evil(n))
        for number in range(6)
    },
    "zip of torch": only("pytorch_model.bin", lambda evil: stored(evil())),
    **{
        f"calls {name}": only("pytorch_model.bin", lambda evil, c=call: stored(called(*c)))
        for name, call in CALLS.items()
    },
    **{
        f"instruction {name}": only("pytorch_model.bin", lambda evil, r=raw: stored(r))
        for name, raw in RAW.items()
    },
    **{
        name: only("pytorch_model.bin", lambda evil, r=raw: stored(r, _0=b"\x00" * 16))
        for name, raw in TENSORS.items()
    },
    "zip bomb": only("pytorch_model.bin", deflated),
    "two pickles in a zip": only("pytorch_model.bin", twice),
    "a part that lies elsewhere": only("pytorch_model.bin", moved),
    "an encrypted part": only("pytorch_model.bin", encrypted),
    "a zip above": only("pytorch_model.bin", lambda evil: stored(evil(), "../data.pkl")),
    "an old file of torch": only(
        "pytorch_model.bin",
        lambda evil: pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)
        + pickle.dumps({"little_endian": True}, 2) + evil(2),
    ),
}  # fmt: skip


# --- safetensors -------------------------------------------------------------------------------


def hidden_between(folder, evil):
    header, data = split(folder)
    names = sorted(
        (name for name in header if name != "__metadata__"),
        key=lambda name: header[name]["data_offsets"],
    )
    raw = evil()
    for name in names[1:]:
        header[name]["data_offsets"] = [at + len(raw) for at in header[name]["data_offsets"]]
    gap = header[names[0]]["data_offsets"][1]
    join(folder, header, data[:gap] + raw + data[gap:])


def sharded(name, content=None):
    def make(folder, evil):
        names = [key for key in split(folder)[0] if key != "__metadata__"]
        if content is not None:
            (folder / name).write_bytes(content(evil))
        (folder / WEIGHTS).rename(folder.parent / "stolen.safetensors")
        index = {"weight_map": dict.fromkeys(names, name)}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    return make


def doubled(folder, evil):
    header, data = split(folder)
    raw = json.dumps(header)[:-1] + ',"model.norm.weight":' + json.dumps(first(header)) + "}"
    join(folder, raw.encode(), data)


SAFETENSORS = {
    "pickle renamed": lambda folder, evil: (folder / WEIGHTS).write_bytes(evil()),
    "pickle appended": lambda folder, evil: (folder / WEIGHTS).write_bytes(
        (folder / WEIGHTS).read_bytes() + evil()
    ),
    "pickle in front": lambda folder, evil: (folder / WEIGHTS).write_bytes(
        evil() + (folder / WEIGHTS).read_bytes()
    ),
    "pickle between tensors": hidden_between,
    "header bomb": lambda folder, evil: join(folder, b"{}", b"", length=2**63),
    "header over the limit": lambda folder, evil: join(folder, b"{}", b"", length=100_000_001),
    "header deep": lambda folder, evil: join(folder, b'{"a":' + b"[" * 99_999, b""),
    "header with a name twice": doubled,
    "metadata that is no text": bend(lambda header: header.update(__metadata__={"a": ["x"]})),
    "unknown dtype": bend(lambda header: first(header).update(dtype="PICKLE")),
    "huge shape": bend(lambda header: first(header).update(shape=[2**62, 2**62])),
    "offsets past the end": bend(lambda header: first(header).update(data_offsets=[0, 2**60])),
    "overlap": bend(lambda header: header.update(twin=dict(first(header)))),
    "shard above": sharded("../stolen.safetensors"),
    "shard absolute": sharded("/etc/passwd"),
    "shard with backslash": sharded("..\\stolen.safetensors"),
    "shard with NUL": sharded("model\x00.safetensors"),
    "pickle as a shard": sharded("pytorch_model.bin", lambda evil: evil()),
}


# --- configurations ----------------------------------------------------------------------------

_CODE = {"AutoModelForCausalLM": "evil.Evil", "AutoTokenizer": ["evil.Evil", None]}
CONFIGS = {
    **{
        f"auto_map in {name}": field(name, auto_map=_CODE)
        for name in (
            "config.json", "tokenizer_config.json", "generation_config.json",
            "processor_config.json", "preprocessor_config.json", "special_tokens_map.json",
        )
    },
    "auto_map deep": field(text_config={"a": [{"auto_map": _CODE}]}),
    "trust_remote_code": field(trust_remote_code=True),
    "attention from a repository": field(_attn_implementation="evil/kernels:attention"),
    "attention, internal name": field(_attn_implementation_internal="evil/kernels"),
    "attention, plain name": field(attn_implementation="evil/kernels"),
    "attention by part": field(_attn_implementation={"text_config": "evil/kernels"}),
    "experts from a repository": field(_experts_implementation="evil/kernels"),
    "kernels": field(kernel_config={"RMSNorm": "evil/kernels"}),
    "custom generate": field("generation_config.json", custom_generate="evil/generate"),
    "names a repository": field(adapter_repo="evil/adapter"),
    "names a module": field(rope_parameters={"init_module": "evil.rope"}),
    "quantiser with code": field(
        quantization_config={"quant_method": "x", "custom_module": "evil"}
    ),
    "quantised": field(quantization_config={"quant_method": "gptq", "bits": 4}),
    "class of a tokenizer by path": field("tokenizer_config.json", tokenizer_class="evil.Evil"),
    "class of a tokenizer in a repository": field(
        "tokenizer_config.json", tokenizer_class="evil/repo--evil.Evil"
    ),
    "class of a processor by path": field("processor_config.json", processor_class="evil.Evil"),
    "class of images by path": field(
        "preprocessor_config.json", image_processor_type="evil.Evil"
    ),
    "type by path": field(model_type="../evil"),
    "class by path": field(architectures=["evil.module:LlamaForCausalLM"]),
    "terabytes of layers": field(num_hidden_layers=10**9),
    "terabytes within the limits": field(num_hidden_layers=999, hidden_size=65_536),
    "config deep": text("config.json", '{"a":' * 99_999),
    "adapter of a repository": field(
        "adapter_config.json", peft_type="LORA", base_model_name_or_path="evil/base"
    ),
    "adapter with a library": field(
        "adapter_config.json", auto_mapping={"parent_library": "evil", "base_model_class": "E"}
    ),
    "adapter with code": field("adapter_config.json", auto_map=_CODE),
}  # fmt: skip


def linked(name):
    def make(folder, evil):
        outside = folder.parent / "outside"
        (folder / name).rename(outside)
        (folder / name).symlink_to(outside)

    return make


def piped(folder, evil):
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")


def sibling(folder, evil):
    other = folder.with_name(f"{folder.name}-other")
    other.mkdir()
    (folder / WEIGHTS).rename(other / "w.safetensors")
    (folder / WEIGHTS).symlink_to(f"../{other.name}/w.safetensors")


LINKS = {
    "config linked out": linked("config.json"),
    "weights linked out": linked(WEIGHTS),
    "tokenizer linked out": linked("tokenizer.json"),
    "a name that begins as ours": sibling,
    "config a pipe": piped,
}

_CLIMB = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
TEMPLATES = {
    "template that climbs": text("chat_template.jinja", _CLIMB),
    "template that climbs by a filter": text(
        "chat_template.jinja", "{{ ''|attr('__class__') }}"
    ),
    "template that climbs by an index": text("chat_template.jinja", "{{ ''['__class__'] }}"),
    "template in the tokenizer": field("tokenizer_config.json", chat_template=_CLIMB),
    "template in a list": field(
        "tokenizer_config.json", chat_template=[{"name": "default", "template": _CLIMB}]
    ),
    "template in a folder": text("additional_chat_templates/tools.jinja", _CLIMB),
    "template of old": field("chat_template.json", chat_template=_CLIMB),
    "template that reads": text("chat_template.jinja", "{% include '/etc/passwd' %}"),
    "template that imports": text("chat_template.jinja", "{% import 'evil' as evil %}"),
    "template without end": text(
        "chat_template.jinja",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    ),
    "template that multiplies": text("chat_template.jinja", "{{ 'a' * 9999999999 }}"),
    "template to a power": text("chat_template.jinja", "{{ 9 ** 9 ** 9 }}"),
    "template of a megabyte": text("chat_template.jinja", "a" * (2**20 + 1)),
}  # fmt: skip

TOKENIZERS = {
    "pattern that explodes": split_pattern("(a+)+$"),
    "pattern of choices": split_pattern("(?:a|aa)+$"),
    "pattern of counts": split_pattern("(?:\\p{L}{1,500})*!"),
    "pattern that refers back": split_pattern("(a*)\\1b"),
    "pattern that calls itself": split_pattern("(?<x>a\\g<x>?b)"),
    "tokenizer deep": text("tokenizer.json", '{"model":' + "[" * 99_999),
    "tokenizer a list": text("tokenizer.json", "[]"),
}

CASES = PICKLES | SAFETENSORS | CONFIGS | LINKS | TEMPLATES | TOKENIZERS


def copied(pristine, folder, canary):
    """A sound model to bend, with code in it that nobody may import."""
    shutil.copytree(pristine, folder)
    (folder / "evil.py").write_text(f"open({str(canary)!r}, 'w').close()\nclass Evil: pass\n")
    return folder
