"""Reads a pickle of tensors without being able to call anything.

Not `pickle.Unpickler` with names forbidden: that still runs the interpreter's own machine, in
which objects are called, built and changed. Here the instructions are walked through one by one
(`pickletools.genops`), names stay names, and the four rebuilding functions of PyTorch that may be
"called" are answered by making a description of the tensor. Every other instruction and every
other name ends it.

Sources: pickletools (the instructions), torch/_utils.py and torch/serialization.py (what is
written for a tensor and a storage).
"""

from __future__ import annotations

import codecs
import pickletools
import struct
from dataclasses import dataclass
from typing import IO, Any, Protocol, cast

MAX_STEPS = 5_000_000
MAX_DIMENSIONS = 16
_LARGEST = 1 << 48

#: Storages by their class: name of the type in safetensors, bytes of an element.
STORAGES = {
    "FloatStorage": ("F32", 4), "HalfStorage": ("F16", 2), "BFloat16Storage": ("BF16", 2),
    "DoubleStorage": ("F64", 8), "LongStorage": ("I64", 8), "IntStorage": ("I32", 4),
    "ShortStorage": ("I16", 2), "CharStorage": ("I8", 1), "ByteStorage": ("U8", 1),
    "BoolStorage": ("BOOL", 1),
}  # fmt: skip


class Stream(Protocol):
    """What instructions are read from."""

    def read(self, count: int, /) -> bytes:
        """At most `count` bytes."""
        ...

    def readline(self) -> bytes:
        """Up to and with the next line's end."""
        ...

    def tell(self) -> int:
        """Bytes read so far."""
        ...


class Refused(Exception):
    """It is no pickle of tensors; `en` and `fa` say what was found."""

    def __init__(self, en: str, fa: str) -> None:
        super().__init__(en)
        self.en = en
        self.fa = fa


@dataclass(frozen=True, slots=True)
class Name:
    """A name that the pickle asks for. Never looked up."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Where elements lie; `key` is a part of the file."""

    key: str
    dtype: str
    width: int
    elements: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage. `offset` and `stride` count elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many it has."""
        count = 1
        for length in self.shape:
            count *= length
        return count

    @property
    def contiguous(self) -> bool:
        """Whether its elements lie one after another, in order."""
        expected = 1
        for length, step in zip(reversed(self.shape), reversed(self.stride), strict=True):
            if length != 1 and step != expected:
                return False
            expected *= length
        return True


#: What reading instructions of a broken or hostile file can end in.
_BREAKS = (
    ValueError, LookupError, TypeError, ArithmeticError, EOFError, RecursionError, struct.error,
)  # fmt: skip

# Texts of old protocols need them, and where this runs nothing can be imported any more.
for _codec in ("raw-unicode-escape", "unicode-escape", "latin-1", "ascii", "utf-8"):
    codecs.lookup(_codec)


def read_pickle(stream: Stream) -> Any:
    """The value of one pickle: texts, numbers, lists, dicts, tuples and `Tensor`s.

    Raises:
        Refused: it wants anything else, or is broken.

    """
    try:
        return _Machine().run(stream)
    except Refused:
        raise
    except _BREAKS as error:
        raise Refused(
            f"it is broken ({type(error).__name__})", f"خراب است ({type(error).__name__})"
        ) from None


_REBUILD = {
    Name("torch._utils", "_rebuild_tensor"): 4,
    Name("torch._utils", "_rebuild_tensor_v2"): 6,
    Name("torch._utils", "_rebuild_parameter"): 3,
    Name("torch._utils", "_rebuild_parameter_with_state"): 4,
}
_ORDERED = Name("collections", "OrderedDict")
_SIZE = Name("torch", "Size")
_NAMES = frozenset({*_REBUILD, _ORDERED, _SIZE, *(Name("torch", name) for name in STORAGES)})

_VALUES = frozenset(
    {
        "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "FLOAT", "BINFLOAT", "UNICODE",
        "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING",
        "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES",
    }
)  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})


class _Machine:
    """A stack, marks on it, and a memory; as in pickle, but nothing in it can be called."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memory: dict[int, Any] = {}

    def run(self, stream: Stream) -> Any:
        for step, (code, argument, _) in enumerate(pickletools.genops(cast("IO[bytes]", stream))):
            if step > MAX_STEPS:
                raise Refused("it is too long", "بیش از اندازه دراز است")
            if code.name == "STOP":
                return self._stack.pop()
            self._step(code.name, argument)
        raise Refused("it has no end", "پایان ندارد")

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _PUTS:
            self._memory[argument] = stack[-1]
        elif name == "MEMOIZE":
            self._memory[len(self._memory)] = stack[-1]
        elif name in _GETS:
            stack.append(self._memory[argument])
        elif name in _TUPLES:
            count = _TUPLES[name]
            stack[-count:] = [tuple(stack[-count:])]
        elif name not in {"PROTO", "FRAME"}:
            self._structure(name, argument)

    def _structure(self, name: str, argument: Any) -> None:
        stack = self._stack
        match name:
            case "MARK":
                self._marks.append(len(stack))
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "TUPLE":
                stack.append(tuple(self._marked()))
            case "LIST":
                stack.append(self._marked())
            case "DICT":
                stack.append(_filled({}, self._marked()))
            case "APPEND":
                value = stack.pop()
                _a(list, stack[-1]).append(value)
            case "APPENDS":
                values = self._marked()
                _a(list, stack[-1]).extend(values)
            case "SETITEM":
                pair = [stack.pop(-2), stack.pop()]
                _filled(_a(dict, stack[-1]), pair)
            case "SETITEMS":
                pairs = self._marked()
                _filled(_a(dict, stack[-1]), pairs)
            case _:
                self._named(name, argument)

    def _named(self, name: str, argument: Any) -> None:
        stack = self._stack
        match name:
            case "POP":
                stack.pop()
            case "POP_MARK":
                self._marked()
            case "GLOBAL":
                stack.append(_allowed(*str(argument).split(" ", 1)))
            case "STACK_GLOBAL":
                what, module = stack.pop(), stack.pop()
                stack.append(_allowed(module, what))
            case "REDUCE":
                given, function = stack.pop(), stack.pop()
                stack.append(_rebuilt(_a(Name, function), _a(tuple, given)))
            case "BUILD":
                # What PyTorch keeps beside a state dict (versions of modules); nobody needs it.
                stack.pop()
                _a(dict, stack[-1])
            case "BINPERSID":
                stack.append(_storage(_a(tuple, stack.pop())))
            case _:
                raise Refused(
                    f"it has the instruction {name}, which no weights need",
                    f"دستور {name} دارد که هیچ وزنی به آن نیاز ندارد",
                )

    def _marked(self) -> list[Any]:
        mark = self._marks.pop()
        taken = self._stack[mark:]
        del self._stack[mark:]
        return taken


def _a(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise Refused(
            f"it treats a {type(value).__name__} as a {kind.__name__}",
            f"با {type(value).__name__} همچون {kind.__name__} رفتار می‌کند",
        )
    return value


def _filled(target: dict[Any, Any], pairs: list[Any]) -> dict[Any, Any]:
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if not isinstance(key, str | int):
            raise Refused("its keys are no names", "کلیدهایش نام نیستند")
        target[key] = value
    return target


def _allowed(module: Any, name: Any) -> Name:
    found = Name(str(module)[:80], str(name)[:80])
    if found not in _NAMES:
        shown = f"{found.module}.{found.name}"
        raise Refused(f"it asks for {shown}", f"{shown} را می‌خواهد")
    return found


def _rebuilt(function: Name, given: tuple[Any, ...]) -> Any:
    if function == _ORDERED and not given:
        return {}
    if function == _SIZE and len(given) == 1:
        return _naturals(given[0])
    least = _REBUILD.get(function)
    if least is None or not least <= len(given) <= least + 1:
        raise Refused(
            f"it calls {function.module}.{function.name} as PyTorch does not",
            f"{function.module}.{function.name} را چنان می‌خواند که PyTorch نمی‌خواند",
        )
    if function.name.startswith("_rebuild_parameter"):
        return _a(Tensor, given[0])
    return _tensor(_a(Storage, given[0]), _a(int, given[1]), given[2], given[3])


def _tensor(storage: Storage, offset: int, shape: Any, stride: Any) -> Tensor:
    made = Tensor(storage, offset, _naturals(shape), _naturals(stride))
    if offset < 0 or len(made.shape) != len(made.stride):
        raise Refused("a tensor has no shape", "تنسوری شکل ندارد")
    if made.elements:
        last = offset + sum((n - 1) * s for n, s in zip(made.shape, made.stride, strict=True))
        # A view that repeats elements could make terabytes of a few.
        if last >= storage.elements or made.elements > storage.elements:
            raise Refused("a tensor is larger than its data", "تنسوری از داده‌اش بزرگ‌تر است")
    return made


def _naturals(value: Any) -> tuple[int, ...]:
    if type(value) not in {tuple, list} or len(value) > MAX_DIMENSIONS:
        raise Refused("a tensor has no shape", "تنسوری شکل ندارد")
    if not all(type(one) is int and 0 <= one < _LARGEST for one in value):
        raise Refused("a tensor has no shape", "تنسوری شکل ندارد")
    return tuple(value)


def _storage(said: tuple[Any, ...]) -> Storage:
    """What a persistent id describes: `("storage", class, key, device, elements[, view])`."""
    if len(said) not in {5, 6} or said[0] != "storage" or (len(said) == 6 and said[5] is not None):
        raise Refused("it refers to what is no storage", "به چیزی جز داده اشاره می‌کند")
    kind = _a(Name, said[1])
    key, elements = said[2], said[4]
    if kind.name not in STORAGES or not (isinstance(key, str) and key.isascii() and key.isdigit()):
        raise Refused("it refers to what is no storage", "به چیزی جز داده اشاره می‌کند")
    if type(elements) is not int or not 0 <= elements < _LARGEST:
        raise Refused("a storage has no size", "داده‌ای اندازه ندارد")
    dtype, width = STORAGES[kind.name]
    return Storage(key, dtype, width, elements)
