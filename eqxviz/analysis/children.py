"""The children of a PyTree node with their keys, and the static fields beside them."""

import itertools
from array import array
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, cast

import jax.tree_util as jtu
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.modules import field_names, is_module, is_module_class, static_fields
from eqxviz.analysis.short_text import KEY_LENGTH, error_text, item_text
from eqxviz.records.columns import Column

# A key that is no text id: item i of a sequence, the n-th string among a dictionary's keys.
_FIRST_ITEM, _FIRST_NAME = -2, 1 << 30
_Child = tuple[str, Any, bool]  # key, value, whether it is a static field


class Children(NamedTuple):
    """What lies one level below a node: values, their keys, 1 for static fields.

    A key is the id of its text, or stands for one, that the texts of a million items need not be
    made before they are asked for: see `ChildReader.key_texts`.
    """

    values: Sequence[Any]
    keys: "array[int]"
    statics: bytes
    problem: str = ""  # why JAX cannot flatten the node, although its children are known


class _Plan(NamedTuple):
    """How the children of most instances of a Module class are read."""

    n_attributes: int
    read: Callable[[dict[str, Any]], tuple[Any, ...]]
    keys: "array[int]"
    statics: bytes


class ChildReader:
    """Reads children as `jax.tree_util` would, most of them without asking it.

    `text` gives the id of a key's text.
    """

    def __init__(self, text: Callable[[str], int]) -> None:
        compat.one_level(())  # a JAX that cannot do it says so here, not at each node
        self._text = text
        self._item_keys = array("i")  # _FIRST_ITEM, _FIRST_ITEM - 1, ...
        self._item_texts = Column(np.zeros(0, np.int32))  # ids of "[0]", "[1]", ...
        self._name_keys: dict[str, int] = {}  # of a dictionary's "loss": _FIRST_NAME, ...
        self._names: list[str] = []
        self._name_texts = array("i")  # ids of "['loss']", -1 for those not made yet
        self._plans: dict[type, _Plan] = {}

    def children(self, value: object) -> Children | None:
        """Return the children of `value`, None for a leaf. Raises what its flattening raises."""
        cls, node = type(value), cast(Any, value)
        if cls is list or cls is tuple:
            return self._items(node)
        if cls is dict and set(map(type, node)) == {str}:
            return self._string_items(node)
        plan = self._plans.get(cls)
        if plan is not None:
            state: dict[str, Any] = node.__dict__
            if len(state) == plan.n_attributes:
                try:
                    return Children(plan.read(state), plan.keys, plan.statics)
                except KeyError:
                    pass
        return self._as_jax_has_it(node)

    def key_texts(self, keys: "array[int]") -> NDArray[np.int32]:
        """Return the text ids of `keys`."""
        found = np.array(keys, np.int32)
        items, names = np.flatnonzero(found <= _FIRST_ITEM), np.flatnonzero(found >= _FIRST_NAME)
        if len(items):
            index = _FIRST_ITEM - found[items]
            first = len(self._item_texts)
            new = [self._text(f"[{i}]") for i in range(first, int(index.max()) + 1)]
            self._item_texts.extend(np.array(new, np.int32))
            found[items] = self._item_texts.view()[index]
        if len(names):
            found[names] = [self._name_text(n) for n in (found[names] - _FIRST_NAME).tolist()]
        return found

    def _name_text(self, number: int) -> int:
        text = self._name_texts[number]
        if text < 0:
            text = self._name_texts[number] = self._text(item_text(self._names[number]))
        return text

    def _items(self, items: Sequence[Any]) -> Children:
        known = self._item_keys
        if len(known) < len(items):
            known.extend(range(_FIRST_ITEM - len(known), _FIRST_ITEM - len(items), -1))
        return Children(items, known[: len(items)], bytes(len(items)))

    def _string_items(self, items: dict[str, Any]) -> Children:
        names, known = sorted(items), self._name_keys
        new = [name for name in names if name not in known]
        if new:
            first = _FIRST_NAME + len(known)
            known.update(zip(new, range(first, first + len(new)), strict=True))
            self._names += new
            self._name_texts.extend(itertools.repeat(-1, len(new)))
        values = list(map(items.__getitem__, names))
        return Children(values, array("i", map(known.__getitem__, names)), bytes(len(names)))

    def _as_jax_has_it(self, value: Any) -> Children | None:
        problem = ""
        try:
            pairs = compat.one_level(value)
        except Exception as error:
            if not issubclass(type(value), dict):
                raise
            pairs = [(jtu.DictKey(k), v) for k, v in cast(dict[Any, Any], value).items()]
            problem = (
                f"JAX cannot flatten it, for it cannot sort its keys ({error_text(error)}). Give "
                "all of them one type, such as str."
            )
        if pairs is None:
            return None
        children = _with_static_fields(value, [(accessor(k), child, False) for k, child in pairs])
        keys = array("i", [self._text(key) for key, _, _ in children])
        found = Children(
            [child for _, child, _ in children],
            keys,
            bytes(static for _, _, static in children),
            problem,
        )
        plan = _plan(value, children, found)
        if plan is not None:
            self._plans[type(value)] = plan
        return found


def _plan(value: object, children: list[_Child], found: Children) -> _Plan | None:
    """Return how to read instances like `value`, None where that is not known to be safe.

    A Module's children are attributes of its instance. That JAX says so of one instance, by the
    identity of each child, settles it for all that have the same attributes and no others.
    """
    cls = type(value)
    state: dict[str, Any] | None = getattr(value, "__dict__", None)
    if not is_module_class(cls) or type(state) is not dict:
        return None
    names = [key[1:] for key, _, _ in children]
    if len(state) != len(names):
        return None
    nothing = object()
    if any(state.get(n, nothing) is not c for n, (_, c, _) in zip(names, children, strict=True)):
        return None
    read = itemgetter(*names) if len(names) > 1 else _reader_of(names)
    return _Plan(len(names), read, found.keys, found.statics)


def _reader_of(names: list[str]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """Return what `itemgetter` is for two names and more, for less."""
    return lambda state: tuple(state[name] for name in names)


def accessor(key: Any) -> str:
    """Return a PyTree key as Python writes it: `.weight`, `[0]`, `['loss']`; `<0>` without one."""
    if isinstance(key, jtu.DictKey):
        return item_text(key.key)
    if isinstance(key, jtu.FlattenedIndexKey):
        return f"<{key.key}>"  # no code: Python has no path to it
    text = str(key)
    return text if len(text) <= KEY_LENGTH else text[: KEY_LENGTH - 1] + "…"


def accessors(path: Any) -> str:
    """Return a path of PyTree keys as Python writes it: `.layers[0].weight`."""
    return "".join(map(accessor, path))


def _with_static_fields(value: Any, children: list[_Child]) -> list[_Child]:
    """Return `children` with the static fields of a dataclass put where they are declared."""
    names = field_names(value)
    if is_module(value):
        # A field that `__init__` leaves at its class's default is none of the instance: Equinox
        # flattens a placeholder in its stead.
        own = cast(dict[str, Any], vars(value))
        children = [c for c in children if c[0][1:] in own or c[0][1:] not in names]
    keyed = {key[1:] for key, _, _ in children if key.startswith(".")}
    if not names or (children and not keyed):  # no dataclass, or one flattened without names
        return children
    static = dict(static_fields(value, keyed))
    merged: list[_Child] = []
    waiting = iter(children)
    for name in names:
        if name in static:
            merged.append(("." + name, static[name], True))
        elif name in keyed:
            merged.extend(itertools.islice(waiting, 1))
    return [*merged, *waiting]
