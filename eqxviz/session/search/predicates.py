"""The predicates of a search: which nodes each of them holds for, and what it says of itself."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeFlag, NodeKind
from eqxviz.session.search.haystack import Haystack
from eqxviz.session.search.pattern import compiled
from eqxviz.session.texts import texts_of
from eqxviz.session.unfolding import Mask

Test = Callable[[Haystack], Mask]

COMPARISONS: dict[str, Callable[[NDArray[np.integer], float], Mask]] = {
    ":": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBER = re.compile(r"([\d_.,]+(?:e[+-]?\d+)?)\s*([a-z]*)", re.IGNORECASE)
_THOUSANDS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_UNITS = {
    **_THOUSANDS,
    **{f"{unit}b": n for unit, n in _THOUSANDS.items()},
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_ANY = {"*": r"\d+,", "?": r"\d+,", "...": r"(?:\d+,)*", "…": r"(?:\d+,)*"}
_DTYPES = {
    "float": "a floating-point array or number",
    "int": "an integer array or number",
    "bool": "an array of booleans, or one boolean",
    "complex": "a complex array or number",
}


class QueryError(ValueError):
    """A query that cannot be understood; the message says why."""


@dataclass(frozen=True)
class Predicate:
    """Something that can be asked of a node: `example` is how it is written, `help` what it says.

    `test` makes the test, from the comparison and the value where there is one.
    """

    name: str
    example: str
    help: str
    test: Callable[[str, str], Test]
    takes: Literal["text", "number", ""] = "text"


def number_of(text: str) -> float:
    """Return `1e6`, `10k`, `2.5MB`, `1,000` as a number.

    Raises:
        QueryError: If it is none.
    """
    match = _NUMBER.fullmatch(text.strip())
    unit = _UNITS.get(match[2].casefold()) if match else None
    try:
        if match is not None and unit is not None:
            return float(match[1].replace(",", "").replace("_", "")) * unit
    except ValueError:
        pass
    raise QueryError(f"{text!r} is no number. Write one such as 1000, 1e6, 10k or 2.5MB.")


def text_pattern(comparison: str, value: str) -> str:
    """Return the regular expression of a value: `/.../` is one, other text stands for itself.

    Raises:
        QueryError: If it is none.
    """
    if len(value) > 1 and value.startswith("/"):
        return checked_regex(value[1:].removesuffix("/"))
    escaped = re.escape(value)
    return f"^(?:{escaped})$" if comparison in ("=", "!=") else escaped


def checked_regex(pattern: str) -> str:
    """Return `pattern`.

    Raises:
        QueryError: If it is no regular expression.
    """
    try:
        compiled(pattern)
    except re.error as error:
        place = "" if error.pos is None else f" at position {error.pos + 1}"
        raise QueryError(f"The pattern /{pattern}/ is wrong{place}: {error.msg}.") from None
    except (OverflowError, RecursionError) as error:
        raise QueryError(f"The pattern /{pattern}/ is too large: {error}.") from None
    return pattern


def _kinds(*kinds: NodeKind) -> Test:
    return lambda hay: np.isin(hay.tree.kind, np.array(kinds, np.uint8))


def _flag(flag: NodeFlag) -> Test:
    return lambda hay: (hay.tree.flags & np.uint32(flag)) != 0


def _is_shared(hay: Haystack) -> Mask:
    return hay.tree.share >= 0


def _dtype_group(group: str) -> Test:
    def test(hay: Haystack) -> Mask:
        tree = hay.tree
        found = hay.of_texts(f"^(?:b|u|)(?:{group})[0-9_a-z]*$")
        types = texts_of(tree.strings, tree.type_name)
        arrays = hay.of_leaves(found[tree.leaf_dtype])
        return arrays | hay.of_types(np.array([name == group for name in types], np.bool_))

    return test


def _of_values(name: str, of: Callable[[Mapping[str, NDArray[Any]]], Mask]) -> Test:
    def test(hay: Haystack) -> Mask:
        statistics = hay.known().statistics
        if statistics is None or not len(statistics["nodes"]):
            hay.problems.append(
                f"{name} needs the values: select the model, or a part of it, and read its "
                "statistics in Values."
            )
            return hay.nothing()
        return _marked(hay.tree, statistics["nodes"][of(statistics)])

    return test


def _has_state(hay: Haystack) -> Mask:
    known = hay.known().optimiser
    return _marked(hay.tree, hay.tree.state_param if known is None else known)


def _has_gradient(hay: Haystack) -> Mask:
    known = hay.known().gradient
    if known is None:
        hay.problems.append(
            "gradient is not known yet: run a script that takes the model's gradient."
        )
        return hay.nothing()
    return _marked(hay.tree, known)


def _marked(tree: ModelTree, nodes: NDArray[np.integer]) -> Mask:
    mask = np.zeros(len(tree), np.bool_)
    mask[nodes[nodes < len(tree)]] = True  # more may be known than has come to the rows
    return mask


def _path(comparison: str, value: str) -> Test:
    pattern = text_pattern(comparison, value)
    return lambda hay: hay.of_paths(pattern, anywhere=True)


def _key(comparison: str, value: str) -> Test:
    # Keys are looked at without their dot.
    pattern = text_pattern(comparison, value.removeprefix("."))
    return lambda hay: hay.of_texts(pattern)[hay.tree.key]


def _leaf_text(column: str) -> Callable[[str, str], Test]:
    def make(comparison: str, value: str) -> Test:
        pattern = text_pattern(comparison, value)
        return lambda hay: hay.of_leaves(hay.of_texts(pattern)[getattr(hay.tree, column)])

    return make


def _type(comparison: str, value: str) -> Test:
    search = compiled(text_pattern(comparison, value)).search

    def test(hay: Haystack) -> Mask:
        tree = hay.tree
        modules = texts_of(tree.strings, tree.type_module)
        names = texts_of(tree.strings, tree.type_name)
        found = [
            bool(search(name) or search(f"{module}.{name}"))
            for module, name in zip(modules, names, strict=True)
        ]
        return hay.of_types(np.array(found, np.bool_))

    return test


def _dtype(comparison: str, value: str) -> Test:
    if value.startswith("/"):
        matches = compiled(text_pattern(comparison, value)).search
    elif comparison == ":":
        matches = compiled(re.escape(value)).match
    else:
        matches = compiled(re.escape(value)).fullmatch

    def test(hay: Haystack) -> Mask:
        tree = hay.tree
        dtypes, rows = np.unique(tree.leaf_dtype, return_index=True)
        found = np.zeros(len(tree.strings) + 1, np.bool_)
        for dtype, row in zip(dtypes.tolist(), rows.tolist(), strict=True):
            if dtype >= 0:
                short = tree.strings[int(tree.leaf_summary[row])].partition("[")[0]
                found[dtype] = bool(matches(tree.strings[dtype]) or matches(short))
        return hay.of_leaves(found[tree.leaf_dtype])

    return test


def _shape(comparison: str, value: str) -> Test:
    # A bracket that is not closed yet is still being typed: it may go on in any way.
    is_open = value[:1] in ("[", "(") and value[-1:] not in ("]", ")")
    inside = value.strip("[]()")
    pieces: list[str] = []
    for part in filter(None, re.split(r"[\s,x×]+", inside)):
        if part in _ANY:
            pieces.append(_ANY[part])
        elif part.isdecimal():
            pieces.append(f"{part},")
        else:
            raise QueryError(
                f"{part!r} is no length of an axis. Write a shape such as [8,*], 8x3 or [...,3]; "
                "* is any length, ... any number of axes."
            )
    if is_open and pieces and inside[-1] not in ", x×":
        pieces[-1] = pieces[-1].removesuffix(",")
    pattern = re.compile("".join(pieces))
    fits = pattern.match if is_open else pattern.fullmatch

    def test(hay: Haystack) -> Mask:
        shapes = hay.tree.shapes
        texts = ("".join(f"{n}," for n in shapes[i]) for i in range(len(shapes)))
        found = np.array([fits(text) is not None for text in texts], np.bool_)
        return hay.of_leaves(np.append(found, False)[hay.tree.leaf_shape])

    return test


def _sizes(hay: Haystack) -> NDArray[np.integer]:
    return np.where(hay.tree.kind == NodeKind.ARRAY, hay.tree.n_params, -1)


def _ranks(hay: Haystack) -> NDArray[np.integer]:
    tree = hay.tree
    of_shapes = np.append(np.diff(tree.shapes.offsets.astype(np.int64)), -1)
    return np.append(of_shapes[tree.leaf_shape], -1)[tree.leaf]


def _total(column: str) -> Callable[[Haystack], NDArray[np.integer]]:
    def total(hay: Haystack) -> NDArray[np.integer]:
        tree = hay.tree
        numbers: NDArray[np.integer] = getattr(tree, column)
        if tree.is_complete:
            return numbers
        hay.problems.append("Totals are not known yet: the model is still being read.")
        return np.where(tree.n_children > 0, -1, numbers)

    return total


def _places(hay: Haystack) -> NDArray[np.integer]:
    return np.append(np.diff(hay.tree.share_offsets.astype(np.int64)), 1)[hay.tree.share]


def _number(
    example: str, says: str, numbers_of: Callable[[Haystack], NDArray[np.integer]]
) -> Predicate:
    """Return the predicate of a number that nodes have; a negative one is none."""

    def make(comparison: str, value: str) -> Test:
        number, compare = number_of(value), COMPARISONS[comparison]

        def test(hay: Haystack) -> Mask:
            numbers = numbers_of(hay)
            return compare(numbers, number) & (numbers >= 0)

        return test

    return Predicate(re.split("[:<>]", example)[0], example, says, make, "number")


def _word(name: str, says: str, test: Test) -> Predicate:
    return Predicate(name, name, says, lambda _comparison, _value: test, "")


_PREDICATES = (
    Predicate("path", "path:layers[0]", "The whole path holds a text, or /a pattern/", _path),
    Predicate("key", "key:weight", "The name holds a text; key=weight is the whole name", _key),
    Predicate("type", "type:Linear", "The class, with its module, holds a text", _type),
    Predicate("dtype", "dtype:bf16", "Arrays of a dtype, or of all that begin so: dtype:f", _dtype),
    Predicate("shape", "shape:[8,*]", "Arrays of a shape: 8x3, [8,*], [...,3], []", _shape),
    _number("rank:2", "Arrays by their number of axes", _ranks),
    _number("size>1e6", "Arrays by their number of elements", _sizes),
    _number("params>=10k", "By the elements of all arrays in it", _total("n_params")),
    _number("bytes>10MB", "By the memory of all arrays in it", _total("n_bytes")),
    _number("leaves>100", "By the number of leaves in it", _total("n_leaves")),
    _number("children>10", "By how many things it holds", lambda hay: hay.tree.n_children),
    _number("depth<3", "By how deep it lies; the root is 0", lambda hay: hay.depths),
    _number("places>2", "By how many places hold the same object", _places),
    Predicate("value", "value:gelu", "What is shown as the value", _leaf_text("leaf_summary")),
    Predicate("device", "device:cpu", "Where an array lives", _leaf_text("leaf_sharding")),
    _word("array", "Arrays: is_array", _kinds(NodeKind.ARRAY)),
    _word("traced", "Traced by filter_jit", _flag(NodeFlag.TRACED)),
    _word(
        "differentiated", "Differentiated by filter_grad: is_inexact_array", _flag(NodeFlag.INEXACT)
    ),
    _word(
        "static",
        "Static: leaves that are no arrays, and static fields",
        _kinds(NodeKind.STATIC_LEAF, NodeKind.STATIC_FIELD),
    ),
    _word("field", "Static fields only: not leaves at all", _kinds(NodeKind.STATIC_FIELD)),
    _word("leaf", "Leaves", _kinds(NodeKind.ARRAY, NodeKind.STATIC_LEAF)),
    _word("module", "Modules", _kinds(NodeKind.MODULE)),
    _word("none", "None", _kinds(NodeKind.NONE)),
    _word("shared", "The same object as at another place", _is_shared),
    _word("nan", "Holds a NaN (statistics)", _of_values("nan", lambda s: s["n_nan"] > 0)),
    _word("inf", "Holds an infinity (statistics)", _of_values("inf", lambda s: s["n_inf"] > 0)),
    _word(
        "zero",
        "All zeros (statistics)",
        _of_values("zero", lambda s: (s["size"] > 0) & (s["n_zero"] == s["size"])),
    ),
    _word("optimiser", "Has optimiser state", _has_state),
    _word("gradient", "Receives a gradient, as was seen", _has_gradient),
    _word("problem", "Could not be looked into", _flag(NodeFlag.PROBLEM)),
    _word("callable", "Functions and other callables", _flag(NodeFlag.CALLABLE)),
    _word("weak", "Weakly typed arrays", _flag(NodeFlag.WEAK_TYPE)),
    _word("numpy", "NumPy arrays", _flag(NodeFlag.NUMPY)),
    _word("prng", "PRNG keys", _flag(NodeFlag.PRNG_KEY)),
    _word("deleted", "Donated or deleted arrays", _flag(NodeFlag.DELETED)),
    _word("abstract", "Shapes without values", _flag(NodeFlag.ABSTRACT)),
    *(_word(name, f"Is {what}", _dtype_group(name)) for name, what in _DTYPES.items()),
)
PREDICATES = {predicate.name: predicate for predicate in _PREDICATES}
for other, name in (
    ("parameters", "params"),
    ("sharding", "device"),
    ("summary", "value"),
    ("name", "key"),
    ("optimizer", "optimiser"),
):
    PREDICATES[other] = PREDICATES[name]
COMPLETIONS = tuple((predicate.example, predicate.help) for predicate in _PREDICATES)
