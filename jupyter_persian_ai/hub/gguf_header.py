"""Reads the header of a GGUF file, and nothing else of it.

The format (little-endian, versions 2 and 3): magic, version, counts, key and value pairs, a table
of tensors, padding, then the tensors. Everything that the file counts is checked against its size
before it is read, so that a number in it can ask for no memory. Call `read_gguf` through
`jobs.confined`; loaders come after it and may trust what it has checked.

Source: docs/gguf.md of ggml; sizes of blocks: ggml.h.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import GgufDamaged, ModelUnsupported, PersianAIError
from .config_rules import LARGEST
from .folder import open_regular

MAX_PAIRS = 4096
MAX_TENSORS = 100_000
MAX_NAME = 1024
MAX_ITEMS = LARGEST["vocab_size"]
MAX_TEXT = 1 << 20
#: Architectures that transformers makes a causal language model of, and that are ours to use.
ARCHITECTURES = frozenset(
    {
        "llama", "mistral", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "gemma2", "gemma3", "phi3",
        "starcoder2", "stablelm", "gpt2", "falcon", "bloom", "nemotron", "lfm2",
    }
)  # fmt: skip

_SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q",
    12: "<d",
}  # fmt: skip
_TEXT, _ARRAY = 8, 9
#: By the number of a type: elements and bytes of one block.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 28: (1, 8), 29: (256, 56), 30: (1, 2),
}  # fmt: skip
#: Sizes that decide how large a model is made, by what the configuration will call them.
_SIZES = {
    "block_count": "num_hidden_layers",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "context_length": "max_position_embeddings",
    "vocab_size": "vocab_size",
    "expert_count": "num_experts",
}


def read_gguf(payload: dict[str, Any]) -> dict[str, Any]:
    """The facts of the file `payload["path"]`.

    Returns:
        `architecture`, `name`, `license`, `tensors` (how many), `parameters`, `bytes`,
        `vocabulary`, `context_length`, `chat_template` (the text; empty without one).

    Raises:
        GgufDamaged: it does not keep to the format; the reason says where.
        ModelUnsupported: it is sound and of a kind that we cannot use.

    """
    path = Path(str(payload["path"]))
    with open_regular(path) as handle:
        size = os.fstat(handle.fileno()).st_size
        return _Reader(path, handle, size).facts()


class _Reader:
    """One pass over the header; never reads more than the file has."""

    def __init__(self, path: Path, handle: BinaryIO, size: int) -> None:
        self.path = path
        self._handle = handle
        self._size = size
        self._at = 0

    def facts(self) -> dict[str, Any]:
        if self._bytes(4, "its magic") != b"GGUF":
            raise self._bad("it does not begin as one", "چنان که باید آغاز نمی‌شود")
        version = self._number("<I", "its version")
        if version not in {2, 3}:
            raise self._bad(f"version {version} is unknown", f"نسخهٔ {version} شناخته نیست")
        tensors, pairs = self._number("<Q", "its counts"), self._number("<Q", "its counts")
        if tensors > MAX_TENSORS or pairs > MAX_PAIRS:
            raise self._bad(
                f"it claims {tensors} tensors and {pairs} pairs",
                f"می‌گوید {tensors} تنسور و {pairs} ویژگی دارد",
            )
        said: dict[str, Any] = {}
        for _ in range(pairs):
            key = self._text("a key", MAX_NAME)
            if key in said:
                raise self._bad(f"{key[:80]} stands twice", f"{key[:80]} دو بار آمده است")
            said[key] = self._value(key, self._number("<I", key))
        architecture = self._architecture(said)
        parameters = self._tensors(tensors, said)
        return self._checked(architecture, said, tensors, parameters)

    # --- values --------------------------------------------------------------------------------

    def _value(self, key: str, kind: int) -> Any:
        """One value; of an array its length, unless it is one of numbers for each layer."""
        if kind in _SCALARS:
            return self._number(_SCALARS[kind], key)
        if kind == _TEXT:
            return self._text(key, MAX_TEXT)
        if kind != _ARRAY:
            raise self._bad(f"{key[:80]} has an unknown type", f"نوع {key[:80]} شناخته نیست")
        inner, count = self._number("<I", key), self._number("<Q", key)
        if count > MAX_ITEMS:
            raise self._bad(f"{key[:80]} claims {count} items", f"{key[:80]} می‌گوید {count} تا است")
        if inner in _SCALARS:
            width = struct.calcsize(_SCALARS[inner])
            raw = self._bytes(width * count, key)
            few = count <= LARGEST["num_hidden_layers"] and not key.startswith("tokenizer.")
            return list(struct.unpack(f"<{count}{_SCALARS[inner][1]}", raw)) if few else count
        if inner != _TEXT:
            raise self._bad(f"{key[:80]} has arrays in arrays", f"{key[:80]} آرایه در آرایه دارد")
        for _ in range(count):
            self._text(key, MAX_TEXT)
        return count

    def _text(self, what: str, longest: int) -> str:
        length = self._number("<Q", what)
        if length > longest:
            raise self._bad(f"{what[:80]} claims {length} bytes", f"{what[:80]} {length} بایت است")
        try:
            return self._bytes(length, what).decode()
        except UnicodeDecodeError:
            raise self._bad(f"{what[:80]} is not UTF-8", f"{what[:80]} یونیکد نیست") from None

    def _number(self, form: str, what: str) -> Any:
        return struct.unpack(form, self._bytes(struct.calcsize(form), what))[0]

    def _bytes(self, count: int, what: str) -> bytes:
        if count > self._size - self._at:
            raise self._bad(f"it ends within {what[:80]}", f"در میان {what[:80]} پایان می‌یابد")
        self._at += count
        return self._handle.read(count)

    # --- tensors -------------------------------------------------------------------------------

    def _tensors(self, count: int, said: dict[str, Any]) -> int:
        """Check the table of tensors; how many parameters they have."""
        alignment = said.get("general.alignment", 32)
        if type(alignment) is not int or not 8 <= alignment <= 1 << 16 or alignment % 8:
            raise self._bad("its alignment makes no sense", "ترازش معنایی ندارد")
        spans, names, parameters = [], set(), 0
        for _ in range(count):
            name, elements, begin, length = self._tensor()
            if name in names or begin % alignment:
                raise self._bad(f"tensor {name} is misplaced", f"جای تنسور {name} درست نیست")
            names.add(name)
            # Frequencies of the positions: transformers computes them.
            parameters += 0 if name.startswith("rope_") else elements
            spans.append((begin, begin + length))
        data = -(-self._at // alignment) * alignment
        place = 0
        for begin, end in sorted(spans):
            if begin < place:
                raise self._bad("its tensors overlap", "تنسورهایش روی هم افتاده‌اند")
            if begin - place >= alignment:
                raise self._bad("its tensors leave holes", "میان تنسورهایش جای خالی است")
            place = end
        if data + place > self._size:
            raise self._bad(
                f"{data + place - self._size} bytes of its tensors are missing",
                f"{data + place - self._size} بایت از تنسورهایش نیست",
            )
        if not 0 <= self._size - data - place < alignment:
            raise self._bad("bytes belong to no tensor", "بایت‌هایی از آن هیچ تنسوری نیست")
        return parameters

    def _tensor(self) -> tuple[str, int, int, int]:
        """Name, elements, beginning and length in bytes."""
        name = self._text("the name of a tensor", MAX_NAME)
        dimensions = self._number("<I", name)
        if not 1 <= dimensions <= 4:
            raise self._bad(f"tensor {name[:80]} has no shape", f"تنسور {name[:80]} شکل ندارد")
        elements, row = 1, 0
        for _ in range(dimensions):
            length = self._number("<Q", name)
            row = row or length
            elements *= length
        kind, begin = self._number("<I", name), self._number("<Q", name)
        if kind not in _BLOCKS:
            raise self._bad(
                f"tensor {name[:80]} has the unknown type {kind}",
                f"نوع تنسور {name[:80]}، {kind}، شناخته نیست",
            )
        inside, size = _BLOCKS[kind]
        if not 0 < elements <= self._size * 8 or row % inside:
            raise self._bad(f"tensor {name[:80]} has no shape", f"تنسور {name[:80]} شکل ندارد")
        return name, elements, begin, elements // inside * size

    # --- what it is ----------------------------------------------------------------------------

    def _architecture(self, said: dict[str, Any]) -> str:
        architecture = said.get("general.architecture")
        if not isinstance(architecture, str):
            raise self._bad("it names no architecture", "معماری‌اش را نمی‌گوید")
        if architecture not in ARCHITECTURES:
            raise ModelUnsupported(model_type=f"gguf, {architecture[:80]}")
        if int(said.get("split.count") or 1) > 1:
            raise ModelUnsupported(model_type="gguf, split into several files")
        return architecture

    def _checked(
        self, architecture: str, said: dict[str, Any], tensors: int, parameters: int
    ) -> dict[str, Any]:
        tokens = said.get("tokenizer.ggml.tokens")
        if not isinstance(tokens, int) or not tokens:
            raise self._bad("it has no tokenizer", "توکنایزر ندارد")
        sizes = {
            name: self._size_of(said, f"{architecture}.{name}", as_) for name, as_ in _SIZES.items()
        }
        width, layers = sizes["embedding_length"], sizes["block_count"]
        if not width or not layers:
            raise self._bad("it does not say its size", "اندازه‌اش را نمی‌گوید")
        least = width * (tokens + layers * width)
        if least > 4 * parameters + 2**20:
            raise self._bad(
                f"it describes at least {least} parameters and has {parameters}",
                f"دست‌کم {least} پارامتر می‌گوید و {parameters} دارد",
            )
        for key, value in said.items():
            special = key.startswith("tokenizer.ggml.") and key.endswith("_token_id")
            if special and (type(value) is not int or not 0 <= value < tokens):
                raise self._bad(f"{key[:80]} is no token", f"{key[:80]} توکنی نیست")
        template = said.get("tokenizer.chat_template", "")
        return {
            "architecture": architecture,
            "name": str(said.get("general.name", ""))[:200],
            "license": str(said.get("general.license", ""))[:60],
            "tensors": tensors,
            "parameters": parameters,
            "bytes": self._size,
            "vocabulary": tokens,
            "context_length": sizes["context_length"],
            "chat_template": template if isinstance(template, str) else "",
        }

    def _size_of(self, said: dict[str, Any], key: str, called: str) -> int:
        value = said.get(key, 0)
        each = value if isinstance(value, list) else [value]  # some kinds say one for each layer
        if not all(type(one) is int and 0 <= one <= LARGEST[called] for one in each):
            shown = str(value)[:40]
            raise self._bad(f"it says {key} = {shown}", f"می‌گوید {key} = {shown}")
        return max(each, default=0)

    def _bad(self, reason: str, reason_fa: str) -> PersianAIError:
        return GgufDamaged(path=str(self.path), reason=reason, reason_fa=reason_fa)
