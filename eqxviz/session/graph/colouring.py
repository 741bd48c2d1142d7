"""By what the boxes of a graph are coloured, and what the colours mean.

A colour is the role of one in the theme; what it says is said by a word or a bar, too.
"""

import enum
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout import BoxKind, VisibleGraph
from eqxviz.records import EquationFlag, EquationKind, Graph, GroupKind
from eqxviz.session import formatting
from eqxviz.session.graph.costs import Floats, GraphCosts

Hues = NDArray[np.uint8]

KIND_WORDS = {
    EquationKind.MATMUL: "matmul, conv",
    EquationKind.ELEMENTWISE: "elementwise",
    EquationKind.REDUCE: "reduce",
    EquationKind.MOVE: "reshape, move",
    EquationKind.RANDOM: "random",
    EquationKind.CONTROL: "control, calls",
    EquationKind.COLLECTIVE: "collective",
    EquationKind.CALLBACK: "callback",
    EquationKind.OTHER: "other",
}
N_STEPS = 8  # of the ramp of costs
RAMP = tuple(f"ramp.{step}" for step in range(N_STEPS))
_DECADES = 6.0  # from the largest cost down; what costs less has the first colour of the ramp
_CURVES = tuple(f"curve.{n}" for n in range(7))
_REST = "curve.7"  # the grey one
_MOST_CLASSES = len(_CURVES)
# The commonest dtypes keep their hues from graph to graph.
_DTYPES = {"f32": 0, "bf16": 1, "i32": 2, "f16": 3, "bool": 4, "u32": 5, "f64": 6}


class ColourBy(enum.StrEnum):
    """What a colour stands for."""

    KIND = "kind"
    MODULE = "module"
    FLOPS = "flops"
    BYTES = "bytes"
    DTYPE = "dtype"
    PASS = "pass"


COLOUR_WORDS = {
    ColourBy.KIND: "Kind of equation",
    ColourBy.MODULE: "Module",
    ColourBy.FLOPS: "Cost: FLOPs",
    ColourBy.BYTES: "Cost: bytes",
    ColourBy.DTYPE: "Dtype",
    ColourBy.PASS: "Forward and backward",
}


@dataclass(frozen=True)
class LegendRow:
    """A colour, what it means, and of how many equations; a row of a ramp counts none."""

    role: str
    name: str
    count: int = -1


@dataclass(frozen=True, eq=False)
class Colouring:
    """The colours of one graph: hues are indices into `roles`."""

    by: ColourBy
    roles: tuple[str, ...]
    equation_hue: Hues
    group_hue: Hues
    value_hue: Hues
    legend: tuple[LegendRow, ...]
    words: tuple[str, ...] = ()  # what each hue says in a box; none: the box says it anyway
    equation_share: Floats | None = None  # how full the bar of each is, where it is by cost
    group_share: Floats | None = None


@dataclass(frozen=True, eq=False)
class BoxColours:
    """What is painted of a colouring, a row for each box.

    `bar` is NaN where there is none. `word` says in a box what its colour means, and is "" where
    the box says it anyway.
    """

    by: ColourBy
    roles: tuple[str, ...]
    hue: Hues
    bar: Floats
    word: tuple[str, ...]


def coloured(graph: Graph, by: ColourBy, costs: GraphCosts) -> Colouring:
    """Return the colours of `graph`."""
    if by is ColourBy.FLOPS:
        return _by_cost(graph, by, costs, costs.equation_flops, costs.group_flops)
    if by is ColourBy.BYTES:
        return _by_cost(graph, by, costs, costs.equation_bytes, costs.group_bytes)
    return _BY[by](graph)


def box_colours(colouring: Colouring, seen: VisibleGraph) -> BoxColours:
    """Return the colour of each box of `seen`."""
    kind, item = seen.box_kind, seen.box_item
    hue = np.zeros(len(seen), np.uint8)
    bar = np.full(len(seen), np.nan)
    equations, groups = kind == BoxKind.EQUATION, kind == BoxKind.GROUP
    hue[equations] = colouring.equation_hue[item[equations]]
    hue[groups] = colouring.group_hue[item[groups]]
    arguments = kind == BoxKind.ARGUMENT
    hue[arguments] = colouring.value_hue[item[arguments]]
    words = ("",) * len(seen)
    if colouring.equation_share is not None and colouring.group_share is not None:
        bar[equations] = colouring.equation_share[item[equations]]
        bar[groups] = colouring.group_share[item[groups]]
        words = tuple("" if np.isnan(share) else percent(share) for share in bar.tolist())
    elif colouring.words:
        inner = equations | groups
        words = tuple(
            colouring.words[h] if is_inner else ""
            for h, is_inner in zip(hue.tolist(), inner.tolist(), strict=True)
        )
    return BoxColours(colouring.by, colouring.roles, hue, bar, words)


def percent(share: float) -> str:
    """Return a part of a whole: "41 %", "3.2 %", "< 0.1 %"; "" for nothing."""
    if not share > 0:
        return ""
    if share < 0.001:
        return "< 0.1 %"
    return f"{share:.0%}".replace("%", " %") if share >= 0.095 else f"{share * 100:.1f} %"


def _by_kind(graph: Graph) -> Colouring:
    roles = tuple(f"kind.{kind.name.lower()}" for kind in EquationKind)
    weight = np.full(len(EquationKind), 4.0)
    weight[EquationKind.MOVE] = 1.0
    # Where there is a matmul at all it is what a group is about.
    weight[EquationKind.MATMUL] = 4.0 * len(graph) + 4.0
    hue = graph.equation_kind
    counts = np.bincount(hue, minlength=len(EquationKind))
    common: list[int] = np.argsort(-counts, kind="stable").tolist()
    legend = tuple(
        LegendRow(roles[k], KIND_WORDS[EquationKind(k)], int(counts[k]))
        for k in common
        if counts[k]
    )
    return Colouring(
        by=ColourBy.KIND,
        roles=roles,
        equation_hue=hue,
        group_hue=_commonest(graph, hue, weight),
        value_hue=np.full(len(graph.value_producer), EquationKind.OTHER, np.uint8),
        legend=legend,
    )


def _by_module(graph: Graph) -> Colouring:
    names, number_of = _module_names(graph)
    n_in = np.bincount(number_of[graph.equation_group], minlength=len(names)).tolist()
    used = {name for name, n in zip(names, n_in, strict=True) if n and name}
    short = [name or "no Module" for name in _divided(names, used)]
    counts: dict[str, int] = {}
    for name, n in zip(short, n_in, strict=True):
        counts[name] = counts.get(name, 0) + n
    present = [name for name in counts if counts[name] and name != "no Module"]
    common = sorted(present, key=lambda name: -counts[name])
    own = [name for name in dict.fromkeys(short) if name in common[:_MOST_CLASSES]]
    number = {name: n for n, name in enumerate(own)}
    classes = [*own, "other Modules", "no Module"]
    number["no Module"] = len(own) + 1
    hue = np.array([number.get(name, len(own)) for name in short], np.uint8)[number_of]
    roles = (*_CURVES[: len(own)], _REST, "none")
    nothing = np.full(len(graph.value_producer), len(own) + 1, np.uint8)
    return _of_classes(ColourBy.MODULE, graph, roles, classes, hue[graph.equation_group], nothing)


def _by_dtype(graph: Graph) -> Colouring:
    texts: list[int] = np.unique(graph.value_dtype).tolist()
    number = {text: _DTYPES.get(graph.text(text), len(_DTYPES)) for text in texts}
    number = {text: n if graph.text(text) else len(_DTYPES) + 1 for text, n in number.items()}
    value_hue = np.array([number[text] for text in graph.value_dtype.tolist()], np.uint8)
    # What makes nothing has the dtype of what it reads.
    made = _first(graph.out_offset, graph.out_value)
    shown = np.where(made >= 0, made, _first(graph.in_offset, graph.in_value))
    hue = np.append(value_hue, np.uint8(len(_DTYPES) + 1))[shown]
    others = sorted({graph.text(text) for text in texts} - {"", *_DTYPES})
    classes = [*_DTYPES, ", ".join(others) or "other", "no array"]
    return _of_classes(ColourBy.DTYPE, graph, (*_CURVES, _REST, "none"), classes, hue, value_hue)


def _by_pass(graph: Graph) -> Colouring:
    backward = (graph.equation_flags & EquationFlag.BACKWARD) != 0
    hue = backward.astype(np.uint8)
    counts = np.bincount(hue, minlength=2)
    only = np.zeros((len(graph.group_parent), 2), np.int64)
    np.add.at(only, (graph.equation_group, hue), 1)
    _add_up(graph, only)
    group_hue = np.where(only[:, 1] == 0, 0, np.where(only[:, 0] == 0, 1, 2)).astype(np.uint8)
    words = ("↓ forward", "↑ backward", "↕ both")
    roles = ("curve.0", "curve.1", _REST)
    rows = [LegendRow(roles[n], words[n], int(counts[n])) for n in (0, 1)]
    rows += [LegendRow(roles[2], "↕ both: a group")] if (group_hue == 2).any() else []
    return Colouring(
        by=ColourBy.PASS,
        roles=roles,
        equation_hue=hue,
        group_hue=group_hue,
        value_hue=np.zeros(len(graph.value_producer), np.uint8),
        legend=tuple(rows),
        words=words,
    )


def _by_cost(
    graph: Graph, by: ColourBy, costs: GraphCosts, of_equation: Floats, of_group: Floats
) -> Colouring:
    """Return colours on a ramp: logarithmic, from the whole function down by `_DECADES`."""
    total = float(of_group[0])
    equation = of_equation * costs.equation_times
    group = of_group * costs.group_times
    zero, unknown = N_STEPS, N_STEPS + 1

    def hues(cost: Floats) -> Hues:
        with np.errstate(divide="ignore", invalid="ignore"):
            below = np.log10(cost / total) if total > 0 else np.full(len(cost), -np.inf)
        step = np.floor((below + _DECADES) / _DECADES * N_STEPS)
        step = np.clip(np.nan_to_num(step, nan=0.0, neginf=0.0), 0, N_STEPS - 1)
        return np.where(np.isnan(cost), unknown, np.where(cost > 0, step, zero)).astype(np.uint8)

    counts: list[int] = np.bincount(hues(equation)[~costs.is_call], minlength=unknown + 1).tolist()
    amount = formatting.flops if by is ColourBy.FLOPS else _bytes
    rows: list[LegendRow] = []
    if total > 0:
        least = [total * 10 ** (_DECADES * (step / N_STEPS - 1)) for step in range(N_STEPS)]
        words = ["less", *(f"{amount(one)} or more" for one in least[1:])]
        rows = [LegendRow(RAMP[n], words[n], counts[n]) for n in range(N_STEPS - 1, -1, -1)]
    n_zero, n_unknown = counts[zero], counts[unknown]
    nothing = "no arithmetic" if by is ColourBy.FLOPS else "no memory"
    rows += [LegendRow("none", nothing, n_zero)] if n_zero else []
    rows += [LegendRow("static", "cost not known", n_unknown)] if n_unknown else []
    shares = [c / total if total > 0 else np.zeros(len(c)) for c in (equation, group)]
    return Colouring(
        by=by,
        roles=(*RAMP, "none", "static"),
        equation_hue=hues(equation),
        group_hue=hues(group),
        value_hue=np.full(len(graph.value_producer), zero, np.uint8),
        legend=tuple(rows),
        equation_share=shares[0],
        group_share=shares[1],
    )


_BY: dict[ColourBy, Callable[[Graph], Colouring]] = {
    ColourBy.KIND: _by_kind,
    ColourBy.MODULE: _by_module,
    ColourBy.DTYPE: _by_dtype,
    ColourBy.PASS: _by_pass,
}


def _bytes(n: float) -> str:
    return formatting.n_bytes(round(n))


def _of_classes(
    by: ColourBy,
    graph: Graph,
    roles: tuple[str, ...],
    classes: list[str],
    hue: Hues,
    value_hue: Hues,
) -> Colouring:
    """Return the colours of named classes."""
    counts = np.bincount(hue, minlength=len(classes))
    rows = [
        LegendRow(roles[n], classes[n], int(counts[n])) for n in np.flatnonzero(counts).tolist()
    ]
    return Colouring(
        by=by,
        roles=roles,
        equation_hue=hue,
        group_hue=_commonest(graph, hue, np.ones(len(classes))),
        value_hue=value_hue,
        legend=tuple(rows),
        words=tuple(name.rpartition(".")[2] for name in classes),
    )


def _module_names(graph: Graph) -> tuple[list[str], NDArray[np.integer]]:
    """Return the paths of Modules, "" for none, and for each group which is that of its innermost.

    They are in the order of the groups.
    """
    is_module = graph.group_kind == GroupKind.MODULE
    above = np.where(is_module, np.arange(len(is_module)), graph.group_parent)
    above[0] = 0  # the root is in nothing
    while np.any((further := above[above]) != above):
        above = further
    texts = np.where(is_module[above], graph.group_name[above], -1)
    found, first, number = np.unique(texts, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return [graph.text(text) for text in found[order].tolist()], np.argsort(order)[number]


def _divided(names: list[str], used: Collection[str]) -> list[str]:
    """Return the names, so short that few of those `used` are distinct.

    They are as deep as possible, [3] as [·] if need be: so twelve blocks are told apart by their
    parts, and two layers from one another.
    """
    deepest = max((len(_parts(name)) for name in used), default=0)
    for depth in range(deepest, 0, -1):
        for shorten in (_prefix, _starred):
            n_distinct = len({shorten(name, depth) for name in used})
            if n_distinct <= _MOST_CLASSES and (n_distinct > 1 or depth == 1):
                return [shorten(name, depth) if name else "" for name in names]
    return [_starred(name, 1) if name else "" for name in names]


def _parts(name: str) -> list[str]:
    return name.split(".")


def _prefix(name: str, depth: int) -> str:
    return ".".join(_parts(name)[:depth])


def _starred(name: str, depth: int) -> str:
    pieces = [piece.split("[")[0] + "[·]" * ("[" in piece) for piece in _parts(name)[:depth]]
    return ".".join(pieces)


def _first(offsets: NDArray[np.unsignedinteger], values: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the first value of each row, -1 for none."""
    starts, stops = offsets[:-1].astype(np.int64), offsets[1:].astype(np.int64)
    return np.where(stops > starts, np.append(values, -1)[starts], -1).astype(np.int64)


def _commonest(graph: Graph, hue: NDArray[np.integer], weight: Floats) -> Hues:
    """Return the weightiest hue among the equations of each group, nested ones included."""
    counts = np.zeros((len(graph.group_parent), len(weight)))
    np.add.at(counts, (graph.equation_group, hue), weight[hue])
    _add_up(graph, counts)
    return counts.argmax(axis=1).astype(np.uint8)


def _add_up(graph: Graph, counts: NDArray[np.generic]) -> None:
    """Add to the row of each group those of the groups in it."""
    parents = graph.group_parent
    depth, above = np.zeros(len(parents), np.int64), parents
    while np.any(inside := above >= 0):
        depth += inside
        above = np.where(inside, parents[above], -1)
    for level in range(int(depth.max(initial=0)), 0, -1):
        groups = np.flatnonzero(depth == level)
        np.add.at(counts, parents[groups], counts[groups])
