"""`jax.vmap` out of step with what it is given: the part of EQX117 that raises."""

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax

from eqxviz.analysis import compat
from eqxviz.analysis.children import accessors
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.modules import is_module
from eqxviz.analysis.tracing import argument_names
from eqxviz.analysis.transformations import Transformation, transformation_of
from eqxviz.doctor.code.failure import UNKNOWN, FailedCall, Failure
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.retracing import first_size, fits, raised_by
from eqxviz.records import Problem, Severity

CODE = "EQX117"
TITLE = "jax.vmap does not fit its arguments"

_MOST_NAMED = 4
_MOST_TRIED = 4


class _Mapped(NamedTuple):
    """An array that is given to a mapped function."""

    name: str  # "x", "batch['x']"
    shape: tuple[int, ...]
    axis: int | None
    is_key: bool
    argument: int  # which of the positional ones it is in; -1: a named one

    @property
    def size(self) -> int | None:
        """The size of the axis that is mapped; None where there is none."""
        is_there = self.axis is not None and -len(self.shape) <= self.axis < len(self.shape)
        return self.shape[self.axis] if is_there and self.axis is not None else None


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield the problem that what the target raised comes from."""
    yield from (each for each in evidence.diagnosis if each.code == CODE)


def diagnose(failure: Failure) -> Iterator[Problem]:
    """Yield a problem where what failed is a call of a mapped function, because of its axes."""
    call = failure.innermost
    if call is not None and isinstance(failure.error, (ValueError, TypeError)):
        found = _at_door(call, failure.error)
        if found is not None:
            yield found
            return
    if isinstance(failure.error, RuntimeError):  # of no shapes
        return
    for each in failure.calls:
        found = None if each.is_innermost else _left_out(each, failure.error)
        if found is not None:
            yield found
            return


def _at_door(call: FailedCall, error: BaseException) -> Problem | None:
    """Return the problem of a call that fails before the mapped function is reached."""
    mapped = transformation_of(call.bound[0])
    while mapped is not None and mapped.name in ("jit", "filter_jit"):
        mapped = transformation_of(mapped.function)
    if mapped is None or mapped.name not in ("vmap", "filter_vmap"):
        return None
    message = str(error).partition("\n----")[0]
    is_filtered = mapped.name == "filter_vmap"
    if not message.startswith("vmap ") and not is_filtered:
        return None
    axes = mapped.options.get("in_axes", 0)
    args = call.bound[1] if call.args is not None else ()
    if call.args is not None and isinstance(axes, (tuple, list)) and len(axes) != len(args):
        return _of_length(call, axes, len(args))
    arrays = list(_arrays(call, mapped)) if call.args is not None else []
    wrong = next((each for each in arrays if each.axis is not None and each.size is None), None)
    if wrong is not None:
        return _of_model(call, arrays) or _of_rank(call, wrong, arrays)
    sizes = {each.size for each in arrays if each.size is not None}
    if len(sizes) > 1:
        return _of_model(call, arrays) or _of_sizes(call, arrays)
    if not message.startswith("vmap ") and "batch dimension" not in message:
        return None
    return _problem(
        call, f"{TITLE}: `{call.text}`", f"JAX says: {message}",
        "Map at least one argument, and give `in_axes` an entry for each argument: 0 for what has "
        "the axis first, None for what is the same for all.",
    )  # fmt: skip


def _of_length(call: FailedCall, axes: Sequence[Any], n_args: int) -> Problem:
    n, named = len(axes), f"`in_axes={tuple(axes)!r}`"
    return _problem(
        call,
        f"{TITLE}: {n} entries of in_axes for {n_args} argument{'s'[: n_args != 1]}",
        f"{named} has {n} entries, and `{call.text}` is called with {n_args} positional "
        f"argument{'s'[: n_args != 1]}. Arguments that are passed by name have none: `jax.vmap` "
        "maps them over their first axis.",
        "Give `in_axes` one entry for each positional argument.",
        _with_entries(call, _as_many(call, axes, n_args)),
    )


def _as_many(call: FailedCall, axes: Sequence[Any], n_args: int) -> list[str]:
    """Return entries of `in_axes` for all arguments: those that are missing as the others are."""
    values = [each.value for each in call.bound[1]]
    size = next(
        (
            first_size(v)
            for v, axis in zip(values, axes, strict=False)
            if axis == 0 and v is not UNKNOWN
        ),
        None,
    )
    more = [0 if size is not None and first_size(v) == size else None for v in values[len(axes) :]]
    return [repr(axis) for axis in [*axes, *more][:n_args]]


def _of_rank(call: FailedCall, wrong: _Mapped, arrays: list[_Mapped]) -> Problem:
    size = next((each.size for each in arrays if each.size is not None), None)
    if wrong.is_key and size is not None:
        return _of_key(call, wrong, size)
    return _problem(
        call,
        f"{TITLE}: `{wrong.name}` of shape {wrong.shape} has no axis {wrong.axis}",
        f"`{wrong.name}` is to be mapped over its axis {wrong.axis}, and its shape is "
        f"{wrong.shape}. {_told(arrays)}",
        "Where it is the same for each example, its entry of `in_axes` is None.",
        _with_axes(call, arrays, {wrong.argument: None}),
    )


def _of_model(call: FailedCall, arrays: list[_Mapped]) -> Problem | None:
    """Return the problem of a model that is mapped over as if it were a batch."""
    args = call.bound[1]
    models = [
        i for i in dict.fromkeys(each.argument for each in arrays if each.axis is not None)
        if i >= 0 and is_module(args[i].value)
    ]  # fmt: skip
    sizes = {each.size for each in arrays if each.argument not in models and each.axis is not None}
    if len(models) != 1 or len(sizes) != 1:
        return None
    text = args[models[0]].text
    return _problem(
        call,
        f"{TITLE}: the model `{text}` is mapped over its first axis",
        f"`in_axes` maps each array of `{text}` as if it held one model for each example. "
        f"{_told(arrays)}",
        f"Where all examples get the same model, the entry of `{text}` in `in_axes` is None.",
        _with_axes(call, arrays, {models[0]: None}),
    )


def _of_sizes(call: FailedCall, arrays: list[_Mapped]) -> Problem:
    mapped = [each for each in arrays if each.size is not None]
    first = mapped[0]
    other = next(each for each in mapped if each.size != first.size)
    if other.is_key and first.size is not None and len(other.shape) == 1:
        return _of_key(call, other, first.size)
    changed = _other_axis(mapped)
    fix = (
        "Map axes of one size: choose them by `in_axes`."
        if changed
        else "Give it arrays with one entry for each example; what is the same for all has None in "
        "`in_axes`."
    )
    return _problem(
        call,
        f"{TITLE}: `{first.name}` has {first.size} entries, `{other.name}` has {other.size}",
        f"{_told(arrays)} The axes that are mapped need one size.",
        fix,
        _with_axes(call, arrays, changed) if changed else _with_more_keys(call, first, other),
    )


def _of_key(call: FailedCall, key: _Mapped, size: int) -> Problem:
    node = _node_of(call, key)
    split = f"{call.reader.name_of(jax, 'jax')}.random.split({key.name}, {size})"
    text = ast.unparse(node) if node is not None else key.name
    split = split.replace(f"({key.name},", f"({text},")
    return _problem(
        call,
        f"{TITLE}: `{key.name}` is a single key for {size} examples",
        f"`{key.name}` is one key, of shape {key.shape}, and `{call.text}` maps over {size} "
        "examples: each needs a key of its own.",
        "Split the key into one for each example.",
        call.mended((node, split)) if node is not None else split,
    )


def _left_out(call: FailedCall, error: BaseException) -> Problem | None:
    """Return the problem of an argument that is not mapped though it has the axis.

    That is so if the call fails as it did when it is traced again, and works when it is mapped.
    """
    mapped = transformation_of(call.target)
    if mapped is None or mapped.name not in ("vmap", "filter_vmap") or call.args is None:
        return None
    values = [each.value for each in call.args]
    axes = mapped.options.get("in_axes", 0)
    is_listed = isinstance(axes, (tuple, list)) and len(axes) == len(values)
    if not is_listed or call.kwargs or any(value is UNKNOWN for value in values):
        return None
    sizes = {first_size(v) for v, axis in zip(values, axes, strict=True) if axis == 0}
    size = sizes.pop() if len(sizes) == 1 else None
    left = [
        i for i, (value, axis) in enumerate(zip(values, axes, strict=True))
        if axis is None and not is_module(value) and first_size(value) == size
    ]  # fmt: skip
    if size is None or not left or type(raised_by(call.target, values, {})) is not type(error):
        return None
    several = (
        chosen
        for n in range(len(left), 0, -1)
        for chosen in itertools.combinations(left, n)
    )  # fmt: skip
    for chosen in itertools.islice(several, _MOST_TRIED):
        right = tuple(0 if i in chosen else axis for i, axis in enumerate(axes))
        made = jax.vmap(mapped.function, in_axes=right)
        if fits(raised_by(made, values, {})):
            return _of_none(call, chosen, right, size)
    return None


def _of_none(
    call: FailedCall, chosen: tuple[int, ...], axes: tuple[Any, ...], size: int
) -> Problem:
    args = call.args or ()
    arrays = [_Mapped(args[i].text, _shape(args[i].value), None, False, i) for i in chosen]
    first = arrays[0]
    told = " and ".join(f"`{each.name}` of shape {each.shape}" for each in arrays)
    return _problem(
        call,
        f"{TITLE}: `{first.name}` of shape {first.shape} has None in in_axes",
        f"The other arguments are mapped over {size} examples; {told} is not, so that each "
        f"example gets all {size} of them. With 0 in its entry of `in_axes` the call works.",
        "Map it over its first axis as well.",
        _with_entries(call, [repr(axis) for axis in axes]),
    )


def _arrays(call: FailedCall, mapped: Transformation) -> Iterator[_Mapped]:
    """Yield each array that is mapped or not, by the words of the user's call."""
    axes, args = mapped.options.get("in_axes", 0), call.bound[1]
    entries = axes if isinstance(axes, (tuple, list)) else [axes] * len(args)
    names = argument_names(mapped.function, len(args))
    given = [
        (argument.value, entry, argument.text if argument.text.isidentifier() else name, i)
        for i, (argument, entry, name) in enumerate(zip(args, entries, names, strict=True))
    ]
    given += [(argument.value, 0, name, -1) for name, argument in call.bound[2].items()]
    for value, entry, name, i in given:
        if value is not UNKNOWN:
            yield from _leaves(value, entry, name, i, is_filtered=mapped.name == "filter_vmap")


def _leaves(
    value: Any, entry: Any, name: str, argument: int, *, is_filtered: bool
) -> Iterator[_Mapped]:
    if is_filtered and callable(entry):
        # `eqx.if_array(axis)` takes no shape for an array.
        axis = getattr(entry, "axis", None)
        entry = jax.tree.map(lambda leaf: axis if is_array(leaf) else None, value)
    try:
        axes = jax.tree.leaves(
            jax.tree.broadcast(entry, value, is_leaf=lambda each: each is None),
            is_leaf=lambda each: each is None,
        )
    except ValueError:  # no prefix of it
        return
    paths = jax.tree_util.tree_flatten_with_path(value, is_leaf=lambda each: each is None)[0]
    leaf: Any
    for (path, leaf), axis in zip(paths, axes, strict=False):
        is_number = isinstance(leaf, (bool, int, float, complex)) and not is_filtered
        if (is_array(leaf) or is_number) and not callable(axis):
            shape: tuple[int, ...] = getattr(leaf, "shape", ())
            yield _Mapped(name + accessors(path), shape, axis, _is_key(leaf), argument)


def _is_key(value: Any) -> bool:
    if not is_array(value):
        return False
    if compat.is_key_dtype(value.dtype):
        return True
    return str(value.dtype) == "uint32" and value.shape[-1:] == (2,)


def _told(arrays: list[_Mapped]) -> str:
    named = [
        f"`{each.name}` of shape {each.shape} is mapped over axis {each.axis}, "
        f"{f'of size {each.size}' if each.size is not None else 'which it does not have'}"
        for each in arrays
        if each.axis is not None
    ]
    more = len(named) - _MOST_NAMED
    return "; ".join(named[:_MOST_NAMED]) + (f"; and {more} more." if more > 0 else ".")


def _other_axis(mapped: list[_Mapped]) -> dict[int, int | None]:
    """Return the axes at which all have one size, where another one does for a single array."""
    for each in mapped:
        sizes = {other.size for other in mapped if other is not each}
        size = sizes.pop() if len(sizes) == 1 else None
        if size is not None and each.size != size and each.shape.count(size) == 1:
            return {each.argument: each.shape.index(size)}
    return {}


def _with_axes(call: FailedCall, arrays: list[_Mapped], changed: dict[int, int | None]) -> str:
    """Return the user's line with other entries of `in_axes`, where each argument has one axis."""
    args = call.args or ()
    if call.kwargs or len(args) != len(call.bound[1]) or -1 in changed:
        return ""
    entries: list[str] = []
    for i in range(len(args)):
        axes = {each.axis for each in arrays if each.argument == i} or {None}
        if len(axes) > 1:
            return ""
        entries.append(repr(changed[i] if i in changed else axes.pop()))
    return _with_entries(call, entries)


def _with_entries(call: FailedCall, entries: list[str]) -> str:
    """Return the user's line with these entries of `in_axes`."""
    written = f"in_axes=({', '.join(entries)}{',' * (len(entries) == 1)})"
    calls = [each for each in ast.walk(call.node.func) if isinstance(each, ast.Call)]
    named = (each for each in calls if ast.unparse(each.func).endswith("vmap"))
    made = next(named, None)
    if made is None:
        return written
    known = next((each for each in made.keywords if each.arg == "in_axes"), None)
    if known is not None:
        return call.mended((known.value, written.partition("=")[2]))
    inner = ", ".join(map(ast.unparse, [*made.args, *made.keywords]))
    return call.mended((made, f"{ast.unparse(made.func)}({inner}, {written})"))


def _with_more_keys(call: FailedCall, first: _Mapped, other: _Mapped) -> str:
    keys, examples = (first, other) if first.is_key else (other, first)
    if not keys.is_key:
        return _with_as_many(call, first, other)
    name = examples.name if re.fullmatch(r"\w+", examples.name) else "x"
    at = f"{name}.shape[{examples.axis}]"
    return f"{keys.name} = {call.reader.name_of(jax, 'jax')}.random.split(key, {at})"


def _with_as_many(call: FailedCall, first: _Mapped, other: _Mapped) -> str:
    """Return the user's line with the longer one of two arrays cut."""
    shorter, longer = sorted((first, other), key=lambda each: each.size or 0)
    node = _node_of(call, longer)
    if node is None or longer.axis or not isinstance(node, ast.Name):
        return ""
    return call.mended((node, f"{longer.name}[:{shorter.size}]"))


def _node_of(call: FailedCall, mapped: _Mapped) -> ast.expr | None:
    nodes = call.node.args
    if 0 <= mapped.argument < len(nodes) and len(call.bound[1]) == len(nodes):
        return nodes[mapped.argument]
    return next((each.value for each in call.node.keywords if each.arg == mapped.name), None)


def _shape(value: Any) -> tuple[int, ...]:
    return next(tuple(leaf.shape) for leaf in jax.tree.leaves(value) if is_array(leaf))


def _problem(call: FailedCall, title: str, why: str, fix: str, fix_code: str = "") -> Problem:
    return Problem(CODE, Severity.ERROR, title, why, fix, *call.at, fix_code=fix_code)
