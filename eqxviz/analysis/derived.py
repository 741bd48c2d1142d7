"""What is drawn of a function beside its forward pass: gradient, training step, vmapped."""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp

from eqxviz.analysis import compat
from eqxviz.analysis.arguments import WrittenShape
from eqxviz.analysis.compat import tree_util
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.problems import chain_of
from eqxviz.records import DrawnAs

LEARNING_RATE = 1e-3
# Their types are too general for a strict checker: imported by name, so that it takes them as Any.
_eqxcore: Any = importlib.import_module("eqxcore")


class NotDrawnError(ValueError):
    """Raised when there is no such thing to draw of a function; `fix` says what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class Call(NamedTuple):
    """A function with its arguments, to be traced, and what the positional ones are called."""

    fn: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    names: list[str]


class Derived(NamedTuple):
    """The call that is traced to draw something of another one."""

    call: Call
    # What is differentiated, where it is not all that is returned: "the sum". Once it was traced.
    objective: list[str]


def derived_call(
    call: Call, name: str, drawn_as: DrawnAs, batch: int, axis_name: str | None = None
) -> Derived:
    """Return the call that is traced to draw `drawn_as` of `call`, whose function is called `name`.

    A gradient is that of the scalar that is returned, alone or as the first of a tuple, whose rest
    is then returned beside the gradient; of any other result it is that of the sum of all floating
    numbers. It is with respect to the floating arrays of the function itself, or of its first
    argument that has any. A training step is that gradient and an update by `optax.adam`. With a
    `batch` an axis of that length is added to each shape that was written, and the call is vmapped
    over it, as `axis_name`; scalars are summed over it.

    Raises:
        NotDrawnError: If there is nothing to differentiate or to map over, or no Optax.
    """
    if drawn_as is DrawnAs.FORWARD:
        return Derived(call, [])
    mapped = _vmapped(call, name, batch, axis_name) if batch > 0 else call
    if drawn_as is DrawnAs.VMAP:
        return Derived(mapped, [])
    roots, names = [mapped.fn, *mapped.args], [name, *mapped.names]
    at = next((i for i, root in enumerate(roots) if _has_inexact(root)), None)
    if at is None:
        raise NotDrawnError(
            f"Neither {name} nor its arguments hold an array of floating point numbers, with "
            "respect to which there would be a gradient.",
            'Give it an argument such as "f32[8,3]".',
        )

    said: list[str] = []

    def loss(root: Any, *others: Any, **named: Any) -> tuple[Any, tuple[Any, ...]]:
        fn, *args = (*others[:at], root, *others[at:])
        objective = _objective(fn(*args, **named), name, (batch,) if batch > 0 else ())
        said[:] = [objective.said] if objective.said else []
        return objective.value, objective.aux

    gradient = _eqxcore.filter_grad(loss, has_aux=True)
    root, root_name = roots.pop(at), names.pop(at)
    if drawn_as is DrawnAs.STEP:
        step, state = _training_step(gradient, root)
        args, names = (root, state, *roots), [root_name, "opt_state", *names]
        return Derived(Call(step, args, mapped.kwargs, names), said)

    def gradient_and_aux(*args: Any, **named: Any) -> Any:
        gradients, aux = gradient(*args, **named)
        return (gradients, *aux) if aux else gradients

    return Derived(Call(gradient_and_aux, (root, *roots), mapped.kwargs, [root_name, *names]), said)


def unbound_axis(error: BaseException) -> str:
    """Return the name of the axis for want of which `error` was raised; "" if that is not why."""
    names = [compat.unbound_axis(one) for one in chain_of(error)]
    return next((name for name in names if name), "")


def _vmapped(call: Call, name: str, batch: int, axis_name: str | None) -> Call:
    leaves, treedef = tree_util.tree_flatten((call.args, call.kwargs))
    mapped = [i for i, leaf in enumerate(leaves) if isinstance(leaf, WrittenShape)]
    if not mapped:
        raise NotDrawnError(
            f"No argument of {name} is written as a shape, to which an axis could be added.",
            'Write the shape of one example, such as "f32[3]"; variables keep their shapes.',
        )
    for i in mapped:
        leaves[i] = jax.ShapeDtypeStruct((batch, *leaves[i].shape), leaves[i].dtype)
    args, kwargs = tree_util.tree_unflatten(treedef, leaves)

    def over_batch(fn: Any, *args: Any, **kwargs: Any) -> Any:
        leaves, treedef = tree_util.tree_flatten((args, kwargs))

        def one(*rows: Any) -> Any:
            filled = list(leaves)
            for i, row in zip(mapped, rows, strict=True):
                filled[i] = row
            args, kwargs = tree_util.tree_unflatten(treedef, filled)
            return fn(*args, **kwargs)

        return _eqxcore.filter_vmap(one, axis_name=axis_name)(*[leaves[i] for i in mapped])

    return Call(over_batch, (call.fn, *args), kwargs, [name, *call.names])


def _training_step(gradient: Callable[..., Any], root: Any) -> tuple[Callable[..., Any], Any]:
    """Return the step by a `gradient` with auxiliary results, and the shapes of its state."""
    if importlib.util.find_spec("optax") is None:
        raise NotDrawnError(
            "A training step is drawn with an optimiser of Optax, which is not installed.",
            "Install it (pip install optax), or draw the gradient.",
        )
    optax: Any = importlib.import_module("optax")
    optimiser = optax.adam(LEARNING_RATE)

    def step(root: Any, state: Any, *others: Any, **named: Any) -> Any:
        gradients, aux = gradient(root, *others, **named)
        updates, state = optimiser.update(gradients, state, _differentiated(root))
        return _eqxcore.apply_updates(root, updates), state, *aux

    def first_state(root: Any) -> Any:
        return optimiser.init(_differentiated(root))

    return step, _eqxcore.filter_eval_shape(first_state, root)


def _differentiated(root: Any) -> Any:
    return _eqxcore.filter(root, _eqxcore.is_inexact_array)


class _Objective(NamedTuple):
    """What of a result is differentiated."""

    value: Any  # a scalar
    aux: tuple[Any, ...]  # the rest of a result whose first is the loss: one item, or none
    said: str  # "" if the value is the only floating number of the result


def _objective(result: Any, name: str, mapped: tuple[int, ...]) -> _Objective:
    """Return the loss in `result`, or else its sum; `mapped` is the shape of a scalar in it."""
    returned = cast("tuple[Any, ...]", result) if isinstance(result, tuple) else ()
    if len(returned) > 1 and _is_loss(returned[0], mapped):
        first, *rest = returned
        aux = (rest[0] if len(rest) == 1 else tuple(rest),)
        if mapped:
            return _Objective(jnp.sum(first), aux, "the first result's sum, the rest aux")
        return _Objective(first, aux, "the first result, the rest aux")
    leaves = [leaf for leaf in tree_util.tree_leaves(result) if _is_inexact(leaf)]
    if not leaves:
        raise NotDrawnError(
            f"{name} returns no array of floating point numbers, of which there is a gradient.",
            "Draw the forward pass, or the gradient of what returns a loss.",
        )
    if len(leaves) == 1 and _is_loss(leaves[0], ()):
        return _Objective(leaves[0], (), "")
    reals = [jnp.real(leaf) if compat.is_complex_dtype(leaf.dtype) else leaf for leaf in leaves]
    sums = [leaf if leaf.shape == () else jnp.sum(leaf) for leaf in reals]
    return _Objective(
        sum(sums[1:], sums[0]), (), "the sum" if len(sums) == 1 else "the sum of all results"
    )


def _is_loss(value: Any, shape: tuple[int, ...]) -> bool:
    return _is_inexact(value) and value.shape == shape and not compat.is_complex_dtype(value.dtype)


def _has_inexact(tree: Any) -> bool:
    return any(map(_is_inexact, tree_util.tree_leaves(tree)))


def _is_inexact(leaf: Any) -> bool:
    return is_array(leaf) and compat.is_inexact_dtype(leaf.dtype)
