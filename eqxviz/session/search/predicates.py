"""The predicates of a search: which nodes each of them holds for, and what it says of itself."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeFlag, NodeKind
from eqxviz.session.outline.texts import texts_of
from eqxviz.session.outline.unfolding import Mask
from eqxviz.session.search.conditions import (
    Numbers,
    Test,
    compared,
    of_dtype,
    of_key,
    of_leaf_text,
    of_path,
    of_shape,
    of_type,
    places,
    ranks,
    sizes,
    total,
)
from eqxviz.session.search.haystack import Haystack
from eqxviz.session.search.language import Predicate

_DTYPES = {
    "float": "a floating-point array or number",
    "int": "an integer array or number",
    "bool": "an array of booleans, or one boolean",
    "complex": "a complex array or number",
}


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


def _number(example: str, says: str, numbers_of: Numbers) -> Predicate[Haystack]:
    name = re.split("[:<>]", example)[0]
    return Predicate(name, example, says, compared(numbers_of), "number")


def _word(name: str, says: str, test: Test) -> Predicate[Haystack]:
    return Predicate(name, name, says, lambda _comparison, _value: test, "")


_PREDICATES: tuple[Predicate[Haystack], ...] = (
    Predicate("path", "path:layers[0]", "The whole path holds a text, or /a pattern/", of_path),
    Predicate("key", "key:weight", "The name holds a text; key=weight is the whole name", of_key),
    Predicate("type", "type:Linear", "The class, with its module, holds a text", of_type),
    Predicate("dtype", "dtype:bf16", "Arrays of a dtype, or all that begin so: dtype:f", of_dtype),
    Predicate("shape", "shape:[8,*]", "Arrays of a shape: 8x3, [8,*], [...,3], []", of_shape),
    _number("rank:2", "Arrays by their number of axes", ranks),
    _number("size>1e6", "Arrays by their number of elements", sizes),
    _number("params>=10k", "By the elements of all arrays in it", total("n_params")),
    _number("bytes>10MB", "By the memory of all arrays in it", total("n_bytes")),
    _number("leaves>100", "By the number of leaves in it", total("n_leaves")),
    _number("children>10", "By how many things it holds", lambda hay: hay.tree.n_children),
    _number("depth<3", "By how deep it lies; the root is 0", lambda hay: hay.depths),
    _number("places>2", "By how many places hold the same object", places),
    Predicate("value", "value:gelu", "What is shown as the value", of_leaf_text("leaf_summary")),
    Predicate("device", "device:cpu", "Where an array lives", of_leaf_text("leaf_sharding")),
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
