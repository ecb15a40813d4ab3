"""Whether a chat template only joins what it is given, told from its syntax tree.

Such a template cannot treat one content other than another, so what was seen with probes holds for
every conversation. The answer errs on the side of no: a template that sets a variable, calls a
function or asks about a content counts as one that might.
"""

from __future__ import annotations

from jinja2 import Environment, TemplateSyntaxError, nodes

_HARMLESS = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Name, nodes.Const,
    nodes.Getitem, nodes.Getattr, nodes.Slice, nodes.Concat, nodes.Add, nodes.CondExpr,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Mod, nodes.Filter,
)  # fmt: skip
_JOINING = (nodes.Template, nodes.Output, nodes.Concat, nodes.Add, nodes.Filter)


def only_joins(template: str, environment: Environment) -> bool:
    """Whether `template` writes contents as they are (or trimmed) and never looks into them."""
    try:
        tree = environment.parse(template)
    except TemplateSyntaxError:
        return False
    loops = {"messages"} | {
        loop.target.name for loop in tree.find_all(nodes.For) if isinstance(loop.target, nodes.Name)
    }
    return _harmless(tree, None, loops, joined=True)


def _harmless(
    node: nodes.Node, parent: nodes.Node | None, loops: set[str], *, joined: bool
) -> bool:
    """`joined`: everything between `node` and the output only joins."""
    if not isinstance(node, _HARMLESS) or (isinstance(node, nodes.Filter) and node.name != "trim"):
        return False
    field = _field(node)
    if field is not None:
        # A message is only asked for its role, or joined by its content.
        return field == "role" or (field == "content" and joined)
    if isinstance(node, nodes.Name) and node.name in loops:
        # On its own a message, or all of them, could be anything.
        return node.ctx == "store" or _walked(node, parent)
    if isinstance(node, nodes.Getitem) and _walked(node, parent):
        return isinstance(node.node, nodes.Name) and isinstance(node.arg, nodes.Slice)
    return all(
        _harmless(child, node, loops, joined=_joins(node, child) and joined)
        for child in node.iter_child_nodes()
    )


def _joins(node: nodes.Node, child: nodes.Node) -> bool:
    """Whether `child`, as a part of `node`, is written and not asked about."""
    if isinstance(node, nodes.If):
        return child is not node.test
    if isinstance(node, nodes.For):
        return child is not node.iter and child is not node.test
    return isinstance(node, _JOINING)


def _walked(node: nodes.Node, parent: nodes.Node | None) -> bool:
    """Whether `node` is what a loop goes through."""
    return isinstance(parent, nodes.For) and parent.iter is node


def _field(node: nodes.Node) -> str | None:
    """The name that is asked of an object; None for an index, a slice and every other node."""
    if isinstance(node, nodes.Getattr):
        return None if _of_loop(node) else node.attr
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return node.arg.value if isinstance(node.arg.value, str) else None
    return None


def _of_loop(node: nodes.Getattr) -> bool:
    """`loop.first` and its like say nothing of a message."""
    return isinstance(node.node, nodes.Name) and node.node.name == "loop"
