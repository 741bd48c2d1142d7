"""A filter spec as Python that makes it again."""

import ast
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from eqxviz.session import formatting, paths
from eqxviz.session.filters.filter_spec import Edit, FilterSpec
from eqxviz.session.filters.predicates import Predicate

if TYPE_CHECKING:
    from eqxviz.session.outline.tree_order import TreeOrder

SPEC = "filter_spec"
_DEEPEST = 100  # a longer path is more than Python's parser is sure to take
_BLANK_IN_KEY = re.compile(r"\[.*['\"].* ")  # which may stand for several
_INDENT = "    "
_MODULES = {
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "jtu": "import jax.tree_util as jtu",
    "np": "import numpy as np",
    "optax": "import optax",
    "re": "import re",
}
_EXPANDED = """{name} = jax.tree_util.tree_map(
    lambda keep, part: jax.tree_util.tree_map(keep if callable(keep) else lambda _: keep, part),
    {name},
    {model},
)"""


def model_name(order: "TreeOrder") -> str:
    """Return what the open tree is called in code."""
    tree, name = order.tree, order.tree.name
    if not name and order.root == 0:
        return "trees"
    name = name or tree.strings[int(tree.key[order.root])]
    return name if name.isidentifier() else "model"


def partition_code(spec: FilterSpec, order: "TreeOrder", library: str) -> str:
    """Return code that makes the spec, and splits the model by it."""
    model = model_name(order)
    body = spec_lines(spec, order)
    rule = SPEC
    if len(body) == 1 and not spec.edits and spec.base.form in ("constant", "rule"):
        rule, body = spec.base.python(model), []
    clash = model in ("params", "static")
    halves = "selected, rest" if clash else "params, static"
    return with_imports([*body, f"{halves} = eqx.partition({model}, {rule})"], order, library)


def with_imports(body: list[str], order: "TreeOrder", library: str) -> str:
    """Return `body` after what it needs: imports, and the model by the name it uses."""
    text = "\n".join(body)
    names = [n for n in _MODULES if re.search(rf"(?<![\w.]){n}\.", text)]
    imports = [f"import {library} as eqx", *(_MODULES[n] for n in names)]
    return "\n".join([*sorted(imports, key=_import_key), "", *_aliases(order, text), text, ""])


def spec_lines(spec: FilterSpec, order: "TreeOrder") -> list[str]:
    """Return the lines that assign `filter_spec`."""
    base, model = spec.base, model_name(order)
    if not spec.edits:
        return _assigned(SPEC, base, model)
    lines = _whole(SPEC, base, model)
    # What lies above comes first; otherwise edits do not meet, and may be told in any order.
    edits = sorted(spec.edits, key=lambda e: -int(order.size[e.node]))
    constant = [e for e in edits if e.predicate.form == "constant"]
    leaves = [e for e in constant if order.is_leaf[e.node]]
    groups = _disjoint([e for e in edits if e not in leaves], order)
    for group in groups:
        lines += _subtree_lines(group, order)
    return lines + _leaf_lines(leaves, order)


def where(nodes: Iterable[int], order: "TreeOrder") -> str:
    """Return a function for `tree_at` that picks `nodes`, one or a tuple."""
    picked = [access("m", node, order) for node in nodes]
    if len(picked) == 1:
        return f"lambda m: {picked[0]}"
    return f"lambda m: ({', '.join(picked)})"


def access(root: str, node: int, order: "TreeOrder") -> str:
    """Return the path of `node` from `root`; "" where none is sure to lead there."""
    tree, way = order.tree, [node]
    while way[-1] > 0:
        way.append(int(tree.parent[way[-1]]))
    is_whole = tree.name or order.root or node == 0
    base = root if is_whole else f"{root}[{way[-2] - 1}]"
    written = paths.expression(base, tree, node)
    has_odd_key = any(_BLANK_IN_KEY.match(tree.strings[int(tree.key[step])]) for step in way[:-1])
    return "" if written.fault or has_odd_key or len(way) > _DEEPEST else written.text


def at_variable(spec: FilterSpec, order: "TreeOrder") -> "TreeOrder":
    """Return `order` rooted at the one variable of several that the edits are about, if so."""
    if order.tree.name or spec.base.form == "code":
        return order
    variables = [
        n for n in order.tree.children(0) if any(order.is_below(e.node, n) for e in spec.edits)
    ]
    return order.rooted(variables[0]) if len(variables) == 1 else order


def is_plain(node: int, order: "TreeOrder") -> bool:
    """Whether Python has a path to `node`."""
    return bool(access("m", node, order))


def _assigned(name: str, predicate: Predicate, model: str) -> list[str]:
    """Return the lines that give `name` the rule or the tree of `predicate`."""
    code = predicate.python(model)
    if predicate.form != "code":
        return [f"{name} = {code}"]
    parsed = ast.parse(code)
    last = parsed.body[-1] if parsed.body else None
    if not isinstance(last, ast.Expr):
        return [code] if name == SPEC else [code, f"{name} = {SPEC}"]
    source = code.splitlines(keepends=True)
    before = source[last.lineno - 1].encode()[: last.col_offset].decode()
    head = "".join(source[: last.lineno - 1]) + before
    value = "".join(source)[len(head) :].strip().rstrip(";")
    return [f"{head}{name} = ({value}\n)" if "#" in value else f"{head}{name} = ({value})"]


def _whole(name: str, predicate: Predicate, model: str) -> list[str]:
    """Return the lines that give `name` a tree with a bool at every leaf."""
    code = predicate.python(model)
    if predicate.form == "constant":
        return [f"{name} = jax.tree_util.tree_map(lambda _: {code}, {model})"]
    if predicate.form == "rule":
        return [f"{name} = jax.tree_util.tree_map({code}, {model})"]
    lines = _assigned(name, predicate, model)
    if predicate.form == "code":
        lines.append(_EXPANDED.format(name=name, model=model))
    return lines


def _disjoint(edits: list[Edit], order: "TreeOrder") -> list[list[Edit]]:
    """Return runs of constant edits that may share one `tree_at`, other edits by themselves."""
    groups: list[list[Edit]] = []
    for edit in edits:
        last = groups[-1] if groups else []
        alike = bool(last) and last[0].predicate == edit.predicate
        can_join = alike and edit.predicate.form == "constant" and is_plain(edit.node, order)
        meets = any(order.is_below(edit.node, other.node) for other in last)
        if can_join and not meets and is_plain(last[0].node, order):
            last.append(edit)
        else:
            groups.append([edit])
    return groups


def _subtree_lines(group: list[Edit], order: "TreeOrder") -> list[str]:
    node, predicate = group[0].node, group[0].predicate
    model = model_name(order)
    lines: list[str] = []
    if predicate.form in ("tree", "code"):
        lines = _whole("chosen", predicate, model)
    if not is_plain(node, order):
        return [*lines, *_slice_lines(node, predicate, order)]
    code = predicate.python(model)
    if predicate.form == "constant":
        change = f"replace_fn=lambda node: jax.tree_util.tree_map(lambda _: {code}, node)"
    elif predicate.form == "rule":
        change = f"replace=jax.tree_util.tree_map({code}, {access(model, node, order)})"
    else:
        change = f"replace={access('chosen', node, order)}"
    return [*lines, *_tree_at([e.node for e in group], change, order)]


def _slice_lines(node: int, predicate: Predicate, order: "TreeOrder") -> list[str]:
    """Return an edit of a node to which Python has no path, by the numbers of its leaves.

    Not by `tree_at`: Equinox counts empty nodes as leaves there. Where it has put a leaf in the
    place of one, broadcasting to the model takes it out again, so that the numbers hold.
    """
    before = order.leaf_range(order.root)[0]
    start, stop = (end - before for end in order.leaf_range(node))
    model, at = model_name(order), f"[{start}:{stop}]"
    if predicate.form == "constant":
        new = f"[{predicate.python(model)}] * {stop - start}"
    elif predicate.form == "rule":
        rule = predicate.python(model)
        new = f"jax.tree_util.tree_map({rule}, jax.tree_util.tree_leaves({model}){at})"
    else:
        new = f"jax.tree_util.tree_leaves(chosen){at}"
    path = formatting.elide_middle(" ".join(order.tree.path(node).split()), 60)
    return [
        f"# {path}",
        f"whole = jax.tree.broadcast({SPEC}, {model})",
        "leaves, structure = jax.tree_util.tree_flatten(whole)",
        f"leaves{at} = {new}",
        f"{SPEC} = structure.unflatten(leaves)",
    ]


def _leaf_lines(leaves: list[Edit], order: "TreeOrder") -> list[str]:
    """Return the edits of single leaves, in one `tree_at` where Python has a path to them."""
    plain = [e for e in leaves if is_plain(e.node, order)]
    lines: list[str] = []
    for edit in leaves:
        if not is_plain(edit.node, order):
            lines += _slice_lines(edit.node, edit.predicate, order)
    if plain:
        values = [e.predicate.python("") for e in plain]
        change = f"replace={values[0]}" if len(plain) == 1 else f"replace=({', '.join(values)})"
        lines += _tree_at([e.node for e in plain], change, order)
    return lines


def _tree_at(nodes: list[int], change: str, order: "TreeOrder") -> list[str]:
    line = f"{SPEC} = eqx.tree_at({where(nodes, order)}, {SPEC}, {change})"
    if len(line) <= 100:
        return [line]
    picked = [access("m", node, order) for node in nodes]
    if len(picked) > 1:
        inner = "".join(f"{_INDENT * 2}{path},\n" for path in picked)
        first = f"lambda m: (\n{inner}{_INDENT})"
    else:
        first = f"lambda m: {picked[0]}"
    return [f"{SPEC} = eqx.tree_at(", f"{_INDENT}{first},", f"{_INDENT}{SPEC},",
            f"{_INDENT}{change},", ")"]  # fmt: skip


def _aliases(order: "TreeOrder", text: str) -> list[str]:
    """Return the lines that give the model the other name by which the user's code calls it."""
    name, tree = model_name(order), order.tree
    if not tree.name and order.root == 0:
        children = [tree.strings[int(tree.key[n])] for n in tree.children(0)]
        comma = "," if len(children) == 1 else ""
        return [f"trees = ({', '.join(children)}{comma})"]
    is_used = tree.name and name != "model" and re.search(r"(?<![\w.])model(?!\w)", text)
    return [f"model = {name}"] if is_used else []


def _import_key(line: str) -> str:
    return line.split()[1]
