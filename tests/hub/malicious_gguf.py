"""GGUF files that attack whoever reads them: counts that lie, sizes, places and types."""

import struct


def _string(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def pair(key, kind, value):
    return _string(key) + struct.pack("<I", kind) + value


def gguf(
    *, pairs=None, tensors=((b"token_embd.weight", (8, 4), 0, 0),), counts=None, data=256,
    magic=b"GGUF", version=3,
):  # fmt: skip
    """A GGUF file; `counts` are what it claims to hold."""
    tokens = b"".join(_string(one) for one in ("a", "b", "c", "d"))
    pairs = [
        pair("general.architecture", 8, _string("llama")),
        pair("llama.block_count", 4, struct.pack("<I", 1)),
        pair("llama.embedding_length", 4, struct.pack("<I", 8)),
        pair("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 4) + tokens),
    ] if pairs is None else pairs  # fmt: skip
    said = counts or (len(tensors), len(pairs))
    raw = magic + struct.pack("<IQQ", version, *said) + b"".join(pairs)
    for name, shape, kind, at in tensors:
        raw += _string(name) + struct.pack("<I", len(shape))
        raw += b"".join(struct.pack("<Q", length) for length in shape)
        raw += struct.pack("<IQ", kind, at)
    return raw + bytes(-len(raw) % 32) + bytes(data)


def _with(*more):
    tokens = b"".join(_string(one) for one in ("a", "b", "c", "d"))
    return [
        pair("general.architecture", 8, _string("llama")),
        pair("llama.block_count", 4, struct.pack("<I", 1)),
        pair("llama.embedding_length", 4, struct.pack("<I", 8)),
        pair("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 4) + tokens),
        *more,
    ]


SOUND_GGUF = gguf(tensors=((b"token_embd.weight", (8, 8), 0, 0),))
GGUFS = {
    "another magic": gguf(magic=b"GGML"),
    "another version": gguf(version=9),
    "turned bytes": b"GGUF" + struct.pack(">IQQ", 3, 1, 4) + bytes(64),
    "endless tensors": gguf(counts=(2**63, 4)),
    "endless pairs": gguf(counts=(1, 2**63)),
    "more pairs than it has": gguf(counts=(1, 400)),
    "more tensors than it has": gguf(counts=(900, 4)),
    "endless key": gguf(pairs=[struct.pack("<Q", 2**62) + b"a"]),
    "endless text": gguf(pairs=_with(pair("x", 8, struct.pack("<Q", 2**62)))),
    "endless array": gguf(pairs=_with(pair("x", 9, struct.pack("<IQ", 4, 2**60)))),
    "array of arrays": gguf(pairs=_with(pair("x", 9, struct.pack("<IQIQ", 9, 1, 9, 1)))),
    "unknown type": gguf(pairs=_with(pair("x", 77, b""))),
    "a key twice": gguf(pairs=_with(pair("llama.block_count", 4, struct.pack("<I", 1)))),
    "text that is none": gguf(pairs=_with(pair("x", 8, _string(b"\xff\xfe")))),
    "no architecture": gguf(pairs=_with()[1:]),
    "no tokenizer": gguf(pairs=_with()[:3]),
    "terabytes of layers": gguf(
        pairs=[*_with()[:1], pair("llama.block_count", 4, struct.pack("<I", 2**31)), *_with()[2:]]
    ),
    "wider than it is": gguf(
        pairs=[
            *_with()[:2],
            pair("llama.embedding_length", 4, struct.pack("<I", 65536)),
            *_with()[3:],
        ]
    ),
    "a special token outside": gguf(
        pairs=_with(pair("tokenizer.ggml.eos_token_id", 4, struct.pack("<I", 99)))
    ),
    "alignment of nothing": gguf(pairs=_with(pair("general.alignment", 4, struct.pack("<I", 0)))),
    "a tensor without shape": gguf(tensors=((b"t", (), 0, 0),)),
    "a tensor of too many dimensions": gguf(tensors=((b"t", (1,) * 9, 0, 0),)),
    "a tensor of petabytes": gguf(tensors=((b"t", (2**40, 2**40), 0, 0),)),
    "a tensor of an unknown type": gguf(tensors=((b"t", (8, 8), 99, 0),)),
    "a tensor past the end": gguf(tensors=((b"t", (8, 8), 0, 2**40),)),
    "a tensor cut off": gguf(tensors=((b"t", (8, 8), 0, 0),), data=100),
    "tensors on each other": gguf(
        tensors=((b"t", (8, 8), 0, 0), (b"u", (8, 8), 0, 0)), data=512
    ),
    "a tensor twice": gguf(tensors=((b"t", (8, 8), 0, 0), (b"t", (8, 8), 0, 256)), data=512),
    "a row of half a block": gguf(tensors=((b"t", (8, 8), 8, 0),)),
    "bytes behind the tensors": SOUND_GGUF + b"\x80\x04" * 100,
}  # fmt: skip
