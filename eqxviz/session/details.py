"""Everything known about the selection, as rows of label, text and link."""

from dataclasses import dataclass

from eqxviz.records import ModelTree, NodeFlag
from eqxviz.session import formatting
from eqxviz.session.facts import Fact
from eqxviz.session.filtering import mark_of
from eqxviz.session.marks import MARKS
from eqxviz.session.paths import VARIABLES
from eqxviz.session.related import gradient_facts, sharing_facts, state_facts
from eqxviz.session.selection import Selection
from eqxviz.session.xray import XRay


@dataclass(frozen=True)
class Details:
    """What the Details view shows for one selection."""

    title: str = ""
    note: str = ""
    facts: tuple[Fact, ...] = ()


_MAX_VALUE = 200  # letters; what there is more of stands under it, among the values
_FLAG_WORDS = {
    NodeFlag.WEAK_TYPE: "weakly typed: it takes the dtype of what it meets",
    NodeFlag.NUMPY: "a NumPy array: moved to the device at each call",
    NodeFlag.PRNG_KEY: "a PRNG key",
    NodeFlag.DELETED: "deleted: its buffer was donated or freed",
    NodeFlag.ABSTRACT: "a shape only, with no values",
    NodeFlag.REFUSED: "a NumPy array without numbers: JAX refuses it",
}


def node_details(tree: ModelTree, node: int, xray: XRay | None = None) -> Details:
    """Return what is known about a node of the open model."""
    xray = xray or XRay(tree)
    mark = mark_of(tree, node)
    facts = [Fact("Filter", MARKS[mark].word, mark=mark)] if mark else []
    if problem := tree.problem(node):
        facts.append(Fact("Problem", problem))
    if tree.path(node):  # what holds several variables is no object of the user
        facts += _type_facts(tree, int(tree.type[node]))
    leaf = int(tree.leaf[node])
    if leaf >= 0:
        text = formatting.elide_middle(tree.strings[int(tree.leaf_summary[leaf])], _MAX_VALUE)
        facts.append(Fact("Value", text, is_mono=True))
        if sharding := tree.strings[int(tree.leaf_sharding[leaf])]:
            facts.append(Fact("Device", sharding))
    if (shape := tree.shape(node)) is not None:
        facts.append(Fact("Shape", " × ".join(str(n) for n in shape) or "none: a scalar"))
    if tree.n_children[node]:
        facts.append(Fact("Leaves", formatting.count(int(tree.n_leaves[node]))))
    if tree.n_params[node]:
        facts.append(Fact("Parameters", f"{int(tree.n_params[node]):,}"))
        facts.append(Fact("Memory", formatting.n_bytes(int(tree.n_bytes[node]))))
    flags = int(tree.flags[node])
    facts += [Fact("Note", words) for flag, words in _FLAG_WORDS.items() if flags & flag]
    facts += (*state_facts(tree, node), *gradient_facts(xray, node), *sharing_facts(tree, node))
    note = _filter_note(xray, node) if mark else ""
    return Details(tree.path(node) or VARIABLES, note, tuple(facts))


def _filter_note(xray: XRay, node: int) -> str:
    """Return why filtering sees a leaf as it does; what it is stands there once."""
    jit, differentiated = (xray.state(node, column).why for column in ("jit", "differentiated"))
    what = jit.partition(": ")[0] + ": "
    if differentiated == jit:
        return jit
    more = differentiated.removeprefix(what)
    if more != differentiated and not more.startswith("filter_"):
        more = more[:1].upper() + more[1:]
    return f"{jit} {more}"


def _type_facts(tree: ModelTree, kind: int) -> list[Fact]:
    if kind < 0:
        return []
    module = tree.strings[int(tree.type_module[kind])]
    name = tree.strings[int(tree.type_name[kind])]
    file, line = tree.strings[int(tree.type_file[kind])], int(tree.type_line[kind])
    link = Selection(kind="source", file=file, line=line) if file and line else None
    return [Fact("Type", f"{module}.{name}" if module not in ("", "builtins") else name, link)]
