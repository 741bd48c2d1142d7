"""What the nodes of one tree look like: texts, types, leaf descriptions, each kept once."""

import re
import sys
from array import array
from collections.abc import Callable
from functools import cache
from linecache import getlines
from time import perf_counter
from types import FunctionType
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis.jax_classes import is_array_class
from eqxviz.analysis.leaves import (
    Leaf,
    describe_leaf,
    describe_static_field,
    unreadable,
)
from eqxviz.analysis.modules import has_call, is_module_class
from eqxviz.analysis.named import Variables
from eqxviz.analysis.short_text import short_text
from eqxviz.records import NodeFlag, NodeKind, Shapes, Strings
from eqxviz.records.columns import Column
from eqxviz.records.tree_rows import LEAF_COLUMNS, TYPE_COLUMNS

# Texts of one class may take so long, then the class alone is shown.
TEXT_SECONDS = 0.2
_LARGEST = 2**62
_NUMBERS = (bool, int, float, complex)


class Catalogue:
    """Gives numbers to what nodes look like: a *look* is kind, flags, type, description and size.

    What looks alike has one number, so that a node costs one integer while the tree is walked.
    """

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._text_list: list[str] = []
        self._shapes: dict[tuple[int, ...], int] = {}
        self._shape_list: list[tuple[int, ...]] = []
        self._types: dict[type, int] = {}
        # Rows one after the other, as numbers, which the collector need not walk.
        self._type_rows = array("i")  # name, module, file, line
        self._leaf_rows = array("i")  # dtype, shape, sharding, summary
        self._look_rows = array("q")  # kind, flags, type, leaf, parameters, bytes
        dtypes = (np.uint8, np.uint32, np.int32, np.int32, np.int64, np.int64)
        self._look_columns = [Column(np.zeros(0, dtype)) for dtype in dtypes]
        self._looks: dict[Any, int] = {}
        self._numbers: dict[type, dict[str, int]] = {}  # look of a number, by class and text
        self._arrays: dict[Any, int] = {}  # look by what tells JAX arrays apart
        self._same: tuple[dict[int, int], dict[int, int]] = {}, {}  # look of a leaf, a static field
        self._read = 0, 0, 0, 0  # texts, shapes, leaf descriptions and types
        self._seconds: dict[type, float] = {}  # spent on texts, by class
        self.describers: dict[type, Callable[[Any], int]] = {}  # look of a leaf, by its class

    def text(self, text: str) -> int:
        """Return the id of `text`."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = len(self._text_list)
            self._text_list.append(text)
        return found

    def text_of(self, number: int) -> str:
        """Return the text of that id."""
        return self._text_list[number]

    def look_of_leaf(self, value: object) -> int:
        """Return the look of a leaf, and learn how to describe its class."""
        cls = type(value)
        if is_array_class(cls):
            describe = self._look_of_array
        elif issubclass(cls, (np.ndarray, np.generic, jax.ShapeDtypeStruct)):
            describe = self._look_of_described
        elif cls in _NUMBERS:
            describe = self._look_of_number
            self._numbers.setdefault(cls, {})
        else:
            describe = self._look_of_object
        self.describers[cls] = describe
        return describe(value)

    def look_of_static_field(self, value: object) -> int:
        """Return the look of a field outside the PyTree."""
        return self._look_of_object(value, True)

    def look_of_inner(self, cls: type, kind: int, is_problem: bool = False) -> int:
        """Return the look of a node that is no leaf."""
        look = self._looks.get((cls, is_problem))
        if look is None:
            flags = int(NodeFlag.PROBLEM) if is_problem else 0
            flags |= 0 if has_call(cls) else int(NodeFlag.NO_CALL)
            look = self._looks[cls, is_problem] = self._new_look(cls, kind, flags, -1, 0, 0)
        return look

    def look_of_unreadable(self, value: object, is_field: bool) -> int:
        """Return the look of a leaf or a static field that raises when it is read."""
        return self._look(type(value), unreadable(value, is_field))

    def type_of(self, cls: type) -> int:
        """Return the type id of `cls`, -1 if no node is of it."""
        return self._types.get(cls, -1)

    def looks(self, numbers: "array[int]") -> list[NDArray[Any]]:
        """Return the columns kind, flags, type, leaf, n_params and n_bytes of these looks."""
        at = np.array(numbers, np.int32)
        for column, new in zip(
            self._look_columns,
            _columns(self._look_rows, 6, len(self._look_columns[0])),
            strict=True,
        ):
            column.extend(new)
        return [column.view()[at] for column in self._look_columns]

    def news(self) -> dict[str, Any]:
        """Return what was added since the last call, as columns of `TreeRows`."""
        first_text, first_shape, first_leaf, first_type = self._read
        # The types first: describing one adds texts.
        for cls in list(self._types)[first_type:]:
            self._type_rows.extend(self._describe_type(cls))
        n_leaves, n_types = len(self._leaf_rows) // 4, len(self._type_rows) // 4
        self._read = len(self._text_list), len(self._shape_list), n_leaves, n_types
        found: dict[str, Any] = {"first_text": first_text, "first_shape": first_shape}
        found |= {"first_leaf": first_leaf, "first_type": first_type}
        for names, rows, first in (
            (LEAF_COLUMNS, self._leaf_rows, first_leaf),
            (TYPE_COLUMNS, self._type_rows, first_type),
        ):
            columns = (column.astype(np.int32) for column in _columns(rows, 4, first))
            found |= dict(zip(names, columns, strict=True))
        found["strings"] = Strings.of(self._text_list[first_text:])
        found["shapes"] = Shapes.of(self._shape_list[first_shape:])
        return found

    def _look_of_array(self, value: Any) -> int:
        # The abstract value holds dtype, shape and weak type; it is cheaper to read than they are.
        key = value.aval, value.sharding, value.is_deleted()
        look = self._arrays.get(key)
        if look is None:
            look = self._arrays[key] = self._look_of_described(value)
        return look

    def _look_of_described(self, value: object) -> int:
        """Return the look of what is shown by its dtype and shape."""
        return self._look(type(value), describe_leaf(value))

    def _look_of_number(self, value: object) -> int:
        cls, text = type(value), short_text(value)
        known = self._numbers[cls]
        look = known.get(text)
        if look is None:
            leaf = Leaf(NodeKind.STATIC_LEAF, 0, "", None, 0, 0, "", text)
            look = known[text] = self._leaf_look(cls, leaf)
        return look

    def _look_of_object(self, value: object, is_field: bool = False) -> int:
        # Objects live as long as the walk: their identity is a name.
        same = self._same[is_field]
        look = same.get(id(value))
        if look is None:
            look = same[id(value)] = self._look(type(value), self._described(value, is_field))
        return look

    def _described(self, value: object, is_field: bool) -> Leaf:
        cls = type(value)
        spent = self._seconds.get(cls, 0.0)
        if spent > TEXT_SECONDS:
            return unreadable(value, is_field)
        start = perf_counter()
        leaf = describe_static_field(value) if is_field else describe_leaf(value)
        self._seconds[cls] = spent + perf_counter() - start
        return leaf

    def _look(self, cls: type, leaf: Leaf) -> int:
        key = cls, leaf
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = self._leaf_look(cls, leaf)
        return look

    def _leaf_look(self, cls: type, leaf: Leaf) -> int:
        """Add a description, and the look of those that have it."""
        row = len(self._leaf_rows) // 4
        shape = -1 if leaf.shape is None else self._shape(leaf.shape)
        dtype = self.text(leaf.dtype) if leaf.dtype else -1
        sharding = self.text(leaf.sharding) if leaf.sharding else -1
        self._leaf_rows.extend((dtype, shape, sharding, self.text(leaf.summary)))
        return self._new_look(cls, leaf.kind, leaf.flags, row, leaf.n_params, leaf.n_bytes)

    def _new_look(
        self, cls: type, kind: int, flags: int, leaf: int, n_params: int, n_bytes: int
    ) -> int:
        type_id = self._types.setdefault(cls, len(self._types))
        sizes = min(n_params, _LARGEST), min(n_bytes, _LARGEST)
        self._look_rows.extend((kind, flags, type_id, leaf, *sizes))
        return len(self._look_rows) // 6 - 1

    def _shape(self, shape: tuple[int, ...]) -> int:
        found = self._shapes.get(shape)
        if found is None:
            found = self._shapes[shape] = len(self._shape_list)
            self._shape_list.append(shape)
        return found

    def _describe_type(self, cls: type) -> tuple[int, int, int, int]:
        """Return the row of `cls` in the type columns: name, module, file, line."""
        if cls is Variables:  # a class of ours: the user has no source of it
            return self.text("variables"), self.text(""), -1, 0
        file, line = _place_of(cls)
        name, module = str(cls.__qualname__), str(cls.__module__)
        if issubclass(cls, jax.Array):  # not by the name of its implementation
            name, module = "Array", "jax"
        return self.text(name), self.text(module), self.text(file) if file else -1, line


def kind_of_class(cls: type) -> NodeKind:
    """Return the kind of the inner nodes of this class."""
    if is_module_class(cls):
        return NodeKind.MODULE
    return NodeKind.CONTAINER if issubclass(cls, (list, tuple, dict)) else NodeKind.NODE


def _columns(rows: "array[int]", width: int, first: int) -> NDArray[np.int64]:
    """Return the columns of rows that are written one after the other, from row `first` on."""
    return np.array(rows[first * width :], np.int64).reshape(-1, width).T


@cache
def _place_of(cls: type) -> tuple[str, int]:
    """Return file and line of the statement that made `cls`; `("", 0)` if there is none.

    `inspect` parses the whole file for it; a search for the statement does as well.
    """
    module = sys.modules.get(str(cls.__module__))
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py"):
        return "", 0
    line = getattr(cls, "__firstlineno__", None)  # Python 3.13
    if isinstance(line, int):
        return file, line
    methods = [f for f in vars(cls).values() if isinstance(f, FunctionType)]
    own = [f.__code__.co_firstlineno for f in methods if f.__code__.co_filename == file]
    statement = re.compile(rf"\s*class\s+{re.escape(cls.__name__)}\b")
    found = [i for i, text in enumerate(getlines(file), 1) if statement.match(text)]
    before = [i for i in found if not own or i <= min(own)]
    return (file, before[-1]) if before else (file, found[0]) if found else ("", 0)
