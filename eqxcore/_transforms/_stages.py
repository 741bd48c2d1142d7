"""The stages of compiling a `filter_jit`ted function ahead of time."""

from typing import Any

import jax.tree_util as jtu

from eqxcore._transforms._naming import leaf_names, note_places, positional_names
from eqxcore._transforms._plan import Spec
from eqxcore._transforms._quiet import quiet
from eqxcore._transforms._result import unpacked
from eqxcore._transforms._surface import (
    RAISED_AT_RUN_TIME,
    EquinoxRuntimeError,
    surfaced,
    wait,
)


class _Stage:
    """A stage of ahead-of-time compilation: JAX's own, which it resembles, and how to call it."""

    def __init__(self, stage: Any, wrapper: Any, spec: Spec, waits: bool) -> None:
        self._stage = stage
        self._wrapper = wrapper
        self._spec = spec
        #: The function holds a callback, so that calls wait for what that may raise.
        self._waits = waits

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._stage, name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._wrapper!r}>"


class Traced(_Stage):
    """A function traced for arguments of certain shapes, as `jax.stages.Traced`."""

    def lower(self, **kwargs: Any) -> "Lowered":
        """Return the lowered function. Arguments are those of `jax.stages.Traced.lower`."""
        with quiet.scope(self._wrapper.cache.silent):
            stage = self._stage.lower(**kwargs)
        return Lowered(stage, self._wrapper, self._spec, self._waits)


class Lowered(_Stage):
    """A function lowered for arguments of certain shapes, as `jax.stages.Lowered`."""

    def compile(self, *args: Any, **kwargs: Any) -> "Compiled":
        """Return the compiled function. Arguments are those of `jax.stages.Lowered.compile`."""
        stage = self._stage.compile(*args, **kwargs)
        return Compiled(stage, self._wrapper, self._spec, self._waits)


class Compiled(_Stage):
    """A function compiled for arguments of certain shapes, as `jax.stages.Compiled`.

    Static arguments are compiled in: those of the call are not looked at.
    """

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        leaves, treedef = jtu.tree_flatten((args, kwargs, self._wrapper.fun))
        plan = self._wrapper.cache.make_plan(leaves, treedef)
        given, expected = plan.spec, self._spec
        if given[:4] != expected[:4]:
            raise TypeError(
                "The function was compiled for arguments of another structure: "
                f"{_difference(self._wrapper.fun, given, expected)}. Arguments must have the "
                "structure of those given to `lower`, with arrays where those had arrays."
            )
        try:
            out = self._stage(*plan.traced_arguments(leaves))
            if self._waits:
                wait(out)
        except TypeError as error:
            # JAX says which shapes differ, and calls the arrays by their place.
            note_places(error, plan.named_arguments(leaf_names(leaves, treedef)))
            error.add_note("Give arrays of those shapes and dtypes, or compile for these.")
            raise
        except RAISED_AT_RUN_TIME as error:
            failure = surfaced(error)
            if failure is None:
                raise
            try:
                raise failure from None
            except EquinoxRuntimeError:
                failure.__traceback__ = None  # without this frame: the caller's is the last
                raise
        return unpacked(out)


def _difference(fun: Any, given: Spec, expected: Spec) -> str:
    """Return in what the structures of two calls of `fun` differ, for a message."""
    if len(given.args) != len(expected.args):
        return f"for {len(expected.args)} positional arguments, and is given {len(given.args)}"
    positional = positional_names(fun)
    names = [*positional, *(f"args[{i}]" for i in range(len(positional), len(given.args)))]
    given_by_name = {**dict(zip(names, given.args, strict=False)), **dict(given.kwargs)}
    expected_by_name = {**dict(zip(names, expected.args, strict=False)), **dict(expected.kwargs)}
    if given_by_name.keys() != expected_by_name.keys():
        return f"for {list(expected_by_name)}, and is given {list(given_by_name)}"
    first = 0
    for name, structure in given_by_name.items():
        if structure != expected_by_name[name]:
            return f"`{name}` was {_shown(expected_by_name[name])}, and is {_shown(structure)}"
        leaves = slice(first, first + structure.num_leaves)
        if given.dynamic[leaves] != expected.dynamic[leaves]:
            kinds = [
                "all arrays" if all(spec.dynamic[leaves]) else "not all arrays"
                for spec in (expected, given)
            ]
            return f"the leaves of `{name}` were {kinds[0]}, and are {kinds[1]}"
        first = leaves.stop
    return "the function itself differs"


def _shown(structure: Any) -> str:
    """Return a structure as it is written, with `*` for each leaf: `[*, (*, *)]`."""
    return str(structure).removeprefix("PyTreeDef(").removesuffix(")")
