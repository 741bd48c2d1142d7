"""The conditions that take a value: a text, a shape, a number to compare with."""

import operator
import re
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import NodeKind
from eqxviz.session.outline.texts import texts_of
from eqxviz.session.outline.unfolding import Mask
from eqxviz.session.search.haystack import Haystack
from eqxviz.session.search.pattern import compiled

_Hay = TypeVar("_Hay")
Test = Callable[[Haystack], Mask]
Numbers = Callable[[Haystack], NDArray[np.integer]]  # of each node; a negative one is none

COMPARISONS: dict[str, Callable[[NDArray[Any], float], Mask]] = {
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


class QueryError(ValueError):
    """A query that cannot be understood; the message says why."""


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


def of_path(comparison: str, value: str) -> Test:
    """Return the test of whole paths."""
    pattern = text_pattern(comparison, value)
    return lambda hay: hay.of_paths(pattern, anywhere=True)


def of_key(comparison: str, value: str) -> Test:
    """Return the test of names, which are looked at without their dot."""
    pattern = text_pattern(comparison, value.removeprefix("."))
    return lambda hay: hay.of_texts(pattern)[hay.tree.key]


def of_leaf_text(column: str) -> Callable[[str, str], Test]:
    """Return what makes the test of a text that describes leaves."""

    def make(comparison: str, value: str) -> Test:
        pattern = text_pattern(comparison, value)
        return lambda hay: hay.of_leaves(hay.of_texts(pattern)[getattr(hay.tree, column)])

    return make


def of_type(comparison: str, value: str) -> Test:
    """Return the test of classes, by name or with their module."""
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


def of_dtype(comparison: str, value: str) -> Test:
    """Return the test of dtypes: those that begin so, unless all of it is asked for."""
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


def shape_test(value: str) -> Callable[[str], bool]:
    """Return the test of one shape, written "8,3,": `*` is any length, `...` any number of axes.

    Raises:
        QueryError: If `value` is no shape.
    """
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
    return lambda shape: fits(shape) is not None


def of_shape(comparison: str, value: str) -> Test:
    """Return the test of the shapes of arrays."""
    fits = shape_test(value)

    def test(hay: Haystack) -> Mask:
        shapes = hay.tree.shapes
        texts = ("".join(f"{n}," for n in shapes[i]) for i in range(len(shapes)))
        found = np.array([fits(text) for text in texts], np.bool_)
        return hay.of_leaves(np.append(found, False)[hay.tree.leaf_shape])

    return test


def sizes(hay: Haystack) -> NDArray[np.integer]:
    """Return the number of elements of each array."""
    return np.where(hay.tree.kind == NodeKind.ARRAY, hay.tree.n_params, -1)


def ranks(hay: Haystack) -> NDArray[np.integer]:
    """Return the number of axes of each array."""
    tree = hay.tree
    of_shapes = np.append(np.diff(tree.shapes.offsets.astype(np.int64)), -1)
    return np.append(of_shapes[tree.leaf_shape], -1)[tree.leaf]


def total(column: str) -> Numbers:
    """Return what gives a column of totals."""

    def of_tree(hay: Haystack) -> NDArray[np.integer]:
        tree = hay.tree
        numbers: NDArray[np.integer] = getattr(tree, column)
        if tree.is_complete:
            return numbers
        hay.problems.append("Totals are not known yet: the model is still being read.")
        return np.where(tree.n_children > 0, -1, numbers)

    return of_tree


def places(hay: Haystack) -> NDArray[np.integer]:
    """Return at how many places each node is found."""
    return np.append(np.diff(hay.tree.share_offsets.astype(np.int64)), 1)[hay.tree.share]


def compared(
    numbers_of: Callable[[_Hay], NDArray[Any]],
) -> Callable[[str, str], Callable[[_Hay], Mask]]:
    """Return what makes the test of a number; a negative one, or none, never passes."""

    def make(comparison: str, value: str) -> Callable[[_Hay], Mask]:
        number, compare = number_of(value), COMPARISONS[comparison]

        def test(hay: _Hay) -> Mask:
            numbers = numbers_of(hay)
            return compare(numbers, number) & (numbers >= 0)

        return test

    return make
