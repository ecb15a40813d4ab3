"""Which chat templates are used at all. A template is a program that someone else wrote.

The sandbox of jinja2 is what keeps it in (see its security advisories: it was left by attributes
more than once), so a template that even asks for what the sandbox refuses is not used. What it
does not keep in is time and memory: nested ranges, powers and repetitions are refused, and where
memory is limited a template is tried on a conversation.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..errors import ModelUnsafe
from .cpu_limit import ComputedTooLong, cpu_limit

MAX_BYTES = 1 << 20
#: Far more than any template needs for a short conversation.
_SECONDS = 2.0
_MOST_TIMES = 1000
_INSIDE = re.compile(r"^_|__\w+__")
_CONVERSATION = [
    {"role": "user", "content": "سلام"},
    {"role": "assistant", "content": "درود بر شما"},
    {"role": "user", "content": "a" * 100},
]


class _Generation(Extension):
    """`{% generation %}`, which marks what a model says; templates for training have it."""

    tags = {"generation"}  # noqa: RUF012 - as its base has it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Its body."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def check_template(folder: Path, name: str, template: str) -> None:
    """Refuse a template that reaches for what a conversation is not.

    One that is not jinja2 at all passes: nothing can be carried out of it.

    Raises:
        ModelUnsafe: the reason names the file.

    """
    if len(template.encode(errors="replace")) > MAX_BYTES:
        raise _unsafe(
            folder, name, "its chat template is too long", "الگوی گفت‌وگویش بسیار دراز است"
        )
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
    )
    try:
        tree = environment.parse(template)
    except (TemplateError, RecursionError):
        return
    for why, why_fa in _troubles(tree):
        raise _unsafe(folder, name, f"its chat template {why}", f"الگوی گفت‌وگویش {why_fa}")
    if _memory_is_limited():
        _try(folder, name, environment, template)


def _troubles(tree: nodes.Template) -> Iterator[tuple[str, str]]:
    for node in tree.find_all((nodes.Getattr, nodes.Const, nodes.TemplateData)):
        text = node.attr if isinstance(node, nodes.Getattr) else getattr(node, "value", None)
        inside = isinstance(node, nodes.Getattr) and _INSIDE.search(str(text))
        if inside or (isinstance(text, str) and re.search(r"__\w+__", text)):
            yield f"asks for “{str(text)[:40]}”", f"«{str(text)[:40]}» می‌خواهد"
    for _ in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield "reads other files", "فایل‌های دیگری می‌خواند"
    for _ in tree.find_all(nodes.Pow):
        yield "raises to a power", "توان می‌گیرد"
    for product in tree.find_all(nodes.Mul):
        for side in (product.left, product.right):
            value = getattr(side, "value", 0)
            if isinstance(value, int) and value > _MOST_TIMES:
                yield f"repeats {value} times", f"{value} بار تکرار می‌کند"
    if _ranges(tree) > 1:
        yield "loops over ranges within ranges", "بازه در بازه می‌شمارد"


def _ranges(node: nodes.Node) -> int:
    """How deep loops over `range(...)` are nested."""
    here = int(
        isinstance(node, nodes.For)
        and any(
            isinstance(call.node, nodes.Name) and call.node.name == "range"
            for call in [node.iter, *node.iter.find_all(nodes.Call)]
            if isinstance(call, nodes.Call)
        )
    )
    return here + max((_ranges(child) for child in node.iter_child_nodes()), default=0)


def _try(
    folder: Path, name: str, environment: ImmutableSandboxedEnvironment, template: str
) -> None:
    given: dict[str, Any] = {
        "messages": _CONVERSATION,
        "add_generation_prompt": True,
        "bos_token": "<s>",
        "eos_token": "</s>",
    }
    try:
        with cpu_limit(_SECONDS):
            environment.from_string(template).render(given)
    except (ComputedTooLong, MemoryError, OverflowError):
        raise _unsafe(
            folder,
            name,
            "its chat template comes to no end",
            "الگوی گفت‌وگویش به پایان نمی‌رسد",
        ) from None
    except Exception:  # noqa: BLE001, S110 - it wants other things than these; that is no danger
        pass


def _memory_is_limited() -> bool:
    """Whether a template that eats memory is stopped before the machine is in need."""
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return False
    limit: int = resource.getrlimit(resource.RLIMIT_AS)[0]
    return sys.platform == "linux" and limit != resource.RLIM_INFINITY and limit < 1 << 40


def _unsafe(folder: Path, name: str, reason: str, reason_fa: str) -> ModelUnsafe:
    return ModelUnsafe(
        path=str(folder), file=name, reason=f"{name}: {reason}", reason_fa=f"{name}: {reason_fa}"
    )
