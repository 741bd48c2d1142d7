"""State: what layers keep from one call to the next, apart from the model and handed along."""

import functools as ft
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import wadler_lindig as wl
from jaxtyping import PyTree

from eqxcore._module import Module, field
from eqxcore._pretty import tree_pformat
from eqxcore._types import summary

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Value = TypeVar("_Value")


class _Sentinel(Module):
    """Stands where an initial state has been deleted."""


class StateIndex(Module, Generic[_Value]):
    """The place of one value in a `State`, and the value that is there at first.

    A stateful layer makes one in its `__init__`, and uses it to read and to write::

        class Counter(Module):
            index: StateIndex

            def __init__(self):
                self.index = StateIndex(jnp.array(0))

            def __call__(self, x, state):
                count = state.get(self.index)
                return x + count, state.set(self.index, count + 1)
    """

    #: An object of its own at first; `make_with_state` puts the path in the model there.
    marker: object = field(static=True)
    init: _Value | _Sentinel

    def __init__(self, init: _Value):
        """Keep `init`, a PyTree of arrays or numbers, as the initial value."""
        self.marker = object()
        self.init = init


class _StateKeyError(KeyError):
    """A `KeyError` that prints its message as it is, and not quoted."""

    def __str__(self) -> str:
        return str(self.args[0])


class State:
    """The state of a model: a value, a PyTree of arrays, for each of its `StateIndex`es.

    Made by `make_with_state`. A state is a PyTree. Changing it returns a new state and makes the
    old one unusable, so that no layer goes on from a state that another has replaced.
    """

    __slots__ = ("__weakref__", "_state")

    #: `None` once another state has taken the place of this one.
    _state: dict[object, Any] | None

    def __init__(self, model: PyTree):
        """Collect the initial states of all `StateIndex`es in `model`."""
        state = {}
        for index in _indices(model):
            if isinstance(index.init, _Sentinel):
                raise ValueError(
                    f"The initial state of `{index.marker}` is no longer in the model: "
                    "`make_with_state` or `delete_init_state` has taken it out. Do not call "
                    "`State(model)` on what they return: use the state that "
                    "`model, state = make_with_state(Model)(...)` returned with it, or make the "
                    "model anew."
                )
            state[index.marker] = jtu.tree_map(jnp.asarray, index.init)
        self._state = state

    def get(self, item: StateIndex[_Value]) -> _Value:
        """Return the value of `item`.

        Raises:
            KeyError: If this state holds none.
        """
        return _lookup(self._current(), item)

    def set(self, item: StateIndex[_Value], value: _Value) -> "State":
        """Return a new state with `value` for `item`; this one cannot be used any more.

        Raises:
            ValueError: If `value` is not of the structure, shapes and dtypes of the old one.
        """
        state = self._current()
        old, new = _lookup(state, item), jtu.tree_map(jnp.asarray, value)
        if _form(old) != _form(new):
            _refuse_value(item, old, new)
        return self._replaced(state | {item.marker: new})

    def substate(self, pytree: PyTree) -> "State":
        """Return a state of just the `StateIndex`es in `pytree`; this one stays usable."""
        state = self._current()
        return _make({index.marker: _lookup(state, index) for index in _indices(pytree)})

    def update(self, substate: "State") -> "State":
        """Return a new state with all values of `substate`; this one cannot be used any more.

        Raises:
            ValueError: If `substate` holds what this state does not.
        """
        state = self._current()
        if not isinstance(substate, State):
            raise ValueError(
                "Can only use a `State` in `State.update`: it takes what `state.substate(layer)` "
                f"returned, and was given a `{type(substate).__name__}`."
            )
        values = substate._current()
        unknown = [str(marker) for marker in values if marker not in state]
        if unknown:
            raise ValueError(
                "Cannot call `state1.update(state2)` unless `state2` is a substate of `state1`: "
                f"`state2` also holds {_listed(unknown)}, `state1` only {_listed(state)}."
            )
        return self._replaced(state | values)

    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[object, ...]]:
        """Return the values, and the markers of their indices."""
        state = self._current()
        return tuple(state.values()), tuple(state)

    @classmethod
    def tree_unflatten(cls, keys: Iterable[object], values: Iterable[Any]) -> "State":
        """Return the state that holds `values` for the indices with the markers `keys`."""
        return _make(dict(zip(keys, values, strict=True)))

    def __repr__(self) -> str:
        return tree_pformat(self)

    def __pdoc__(self, **kwargs: Any) -> wl.AbstractDoc:
        if self._state is None:
            return wl.TextDoc("State(~old~)")
        return wl.bracketed(
            begin=wl.TextDoc("State("),
            docs=wl.named_objs(((str(key), value) for key, value in self._state.items()), **kwargs),
            sep=wl.comma,
            end=wl.TextDoc(")"),
            indent=kwargs["indent"],
        )

    def _current(self) -> dict[object, Any]:
        if self._state is None:
            raise ValueError(_OLD_STATE)
        return self._state

    def _replaced(self, state: dict[object, Any]) -> "State":
        self._state = None
        return _make(state)


_OLD_STATE = """Attempted to use old state: a layer has returned a new one, which takes its place.
Probably the same state was given to two calls:

    x, state2 = layer1(x, state1)
    x, state3 = layer2(x, state1)  # bug: this must be given `state2`

or a call `state.set(...)` or `state.update(...)` was made without using what it returns. If an old
state is to be kept, copy it beforehand: `old = jax.tree_util.tree_map(lambda x: x, state)`.
"""


def check_state(layer: str, state: Any) -> None:
    """Raise `TypeError` unless what `layer` was given is a `State`."""
    if not isinstance(state, State):
        raise TypeError(
            f"`{layer}` must be given a `State`: got `{state!r:.80}`, of type "
            f"`{type(state).__name__}`. Make it by `layer, state = make_with_state({layer})(...)`, "
            "and call `y, state = layer(x, state)`."
        )


def _make(state: dict[object, Any]) -> State:
    self = object.__new__(State)
    self._state = state
    return self


def _flatten_with_keys(state: State) -> tuple[Any, Any]:
    values, keys = state.tree_flatten()
    return tuple(zip(map(jtu.DictKey, keys), values, strict=True)), keys


jtu.register_pytree_with_keys(
    State, _flatten_with_keys, State.tree_unflatten, flatten_func=State.tree_flatten
)


def _is_index(node: Any) -> bool:
    return isinstance(node, StateIndex)


def _indices(pytree: PyTree) -> Iterator[StateIndex[Any]]:
    return filter(_is_index, jtu.tree_leaves(pytree, is_leaf=_is_index))


def _lookup(state: dict[object, Any], item: Any) -> Any:
    if not isinstance(item, StateIndex):
        raise ValueError(
            "Can only use `StateIndex`es as keys of a `State`: got "
            f"`{tree_pformat(item, width=60)}`, of type `{type(item).__name__}`."
        )
    if item.marker not in state:
        raise _StateKeyError(
            f"This `State` holds nothing for {_called(item.marker)}: it holds {_listed(state)}. "
            "Use model and state as one call `model, state = make_with_state(Model)(...)` returned "
            "them; within a part of the model, use its state or `state.substate(part)`."
        )
    return state[item.marker]


def _called(marker: object) -> str:
    """Return what an index is called: `make_with_state` names it by its place in the model."""
    named = isinstance(marker, str)
    return f"`{marker}`" if named else "an unnamed `StateIndex`"


def _listed(markers: Iterable[object]) -> str:
    names = [_called(marker) for marker in markers]
    more = [f"{len(names) - 5} more"] if len(names) > 5 else []
    return ", ".join(names[:5] + more) or "nothing at all"


def _form(value: PyTree) -> Any:
    """Return all of `value` that must stay the same: its structure, shapes and dtypes."""
    leaves, structure = jtu.tree_flatten(value)
    return structure, [_leaf_form(leaf) for leaf in leaves]


def _leaf_form(leaf: Any) -> Any:
    if not isinstance(leaf, (jax.Array, np.ndarray, jax.ShapeDtypeStruct)):
        leaf = jnp.asarray(leaf)
    return leaf.shape, leaf.dtype, getattr(leaf, "weak_type", False)


def _refuse_value(item: StateIndex[Any], old: PyTree, new: PyTree) -> NoReturn:
    advice = "Make the initial value, `StateIndex(init)`, what later values will be."
    if [form[:2] for form in _form(old)[1]] == [form[:2] for form in _form(new)[1]]:
        advice += (
            " A `weak_` dtype is that of a Python number and of what is computed from such numbers "
            "alone; `jnp.array(0, dtype=jnp.int32)` is not weak."
        )
    raise ValueError(
        "Old and new values have different structures/shapes/dtypes. The old value of "
        f"{_called(item.marker)} is {tree_pformat(old, struct_as_array=True)} and the new value is "
        f"{tree_pformat(new, struct_as_array=True)}. {advice}"
    )


def _with(index: StateIndex[Any], marker: object, init: Any) -> StateIndex[Any]:
    """Return a copy of `index` with other contents."""
    copy = object.__new__(type(index))
    object.__setattr__(copy, "marker", marker)
    object.__setattr__(copy, "init", init)
    return copy


def delete_init_state(model: PyTree) -> PyTree:
    """Return `model` without the initial states, which a `State(model)` keeps for itself."""
    return jtu.tree_map(
        lambda node: _with(node, node.marker, _Sentinel()) if _is_index(node) else node,
        model,
        is_leaf=_is_index,
    )


def make_with_state(make_model: Callable[_P, _T]) -> Callable[_P, tuple[_T, State]]:
    """Return a function that makes a model and, apart from it, its initial state.

    `model, state = make_with_state(Model)(...)` calls `Model(...)`. Each state is named after the
    place of its `StateIndex` in the model, so that models made alike share compiled code, and a
    layer that stands in two places has two states.
    """

    # Not the attributes of `make_model`: of a class they are its methods.
    @ft.wraps(make_model, updated=())
    def make(*args: _P.args, **kwargs: _P.kwargs) -> tuple[_T, State]:
        try:
            model = make_model(*args, **kwargs)
        except TypeError as error:
            if isinstance(make_model, Module):
                error.add_note(
                    f"`make_with_state` was given {summary(make_model)} that has been made. Give "
                    "it the class, or a function that makes the model."
                )
            raise
        name = type(model).__name__
        model = jtu.tree_map_with_path(
            lambda path, node: (
                _with(node, name + jtu.keystr(path), node.init) if _is_index(node) else node
            ),
            model,
            is_leaf=_is_index,
        )
        return delete_init_state(model), State(model)

    return make
