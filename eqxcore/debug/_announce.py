"""Saying which transformations a value goes through."""

from collections.abc import Callable
from typing import Any

import jax.tree_util as jtu
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from eqxcore._filters import combine, is_array, partition

#: The identity function on arrays, which says what is done to it.
announce_jaxpr_p = Primitive("announce_jaxpr")
announce_jaxpr_p.multiple_results = True


def announce_transform(
    x: Any,
    name: Any = None,
    intermediates: bool = False,
    announce: Callable[[str], Any] = print,
) -> Any:
    """Return `x`, and say what JAX does to it, now and when it is transformed.

    Each line is the transformations that were applied, outermost last, and how it was evaluated in
    the end: `vmap:jvp_p:impl` is the primal value of a derivative of something vmapped, computed
    right away; `abstract` is tracing, `mlir` is compilation. `jvp_t` marks tangents and
    `transpose` cotangents. JAX remembers what it has traced, and says nothing then.

    Args:
        name: Written in front of each line.
        intermediates: Announce the transformations as well when they are applied, and not just how
            the result is evaluated.
        announce: Called with each line.
    """
    arrays, rest = partition(x, is_array)
    leaves, structure = jtu.tree_flatten(arrays)
    out = announce_jaxpr_p.bind(
        *leaves,
        name="" if name is None else f"({name}) ",
        stack=(),
        intermediates=intermediates,
        announce=announce,
    )
    return combine(structure.unflatten(out), rest)


def _says(step: str, params: dict[str, Any]) -> None:
    params["announce"](params["name"] + ":".join((*params["stack"], step)))


def _then(step: str, operands: Any, params: dict[str, Any]) -> list[Any]:
    return announce_jaxpr_p.bind(*operands, **{**params, "stack": (*params["stack"], step)})


@announce_jaxpr_p.def_impl
def _impl(*operands: Any, **params: Any) -> list[Any]:
    _says("impl", params)
    return list(operands)


@announce_jaxpr_p.def_abstract_eval
def _abstract(*operands: Any, **params: Any) -> list[Any]:
    _says("abstract", params)
    return list(operands)


def _jvp(primals: Any, tangents: Any, **params: Any) -> tuple[list[Any], list[Any]]:
    if params["intermediates"]:
        _says("jvp", params)
    return _then("jvp_p", primals, params), _then_but_zeros("jvp_t", tangents, params)


def _transpose(cotangents: Any, *operands: Any, **params: Any) -> list[Any]:
    if params["intermediates"]:
        _says("transpose", params)
    return _then_but_zeros("transpose", cotangents, params)


def _then_but_zeros(step: str, derivatives: Any, params: dict[str, Any]) -> list[Any]:
    out = list(derivatives)
    moving = [i for i, derivative in enumerate(out) if type(derivative) is not ad.Zero]
    announced = _then(step, [out[i] for i in moving], params)
    for i, derivative in zip(moving, announced, strict=True):
        out[i] = derivative
    return out


def _batch(operands: Any, axes: Any, **params: Any) -> tuple[list[Any], Any]:
    if params["intermediates"]:
        _says("vmap", params)
    return _then("vmap", operands, params), axes


def _lower(_: Any, *operands: Any, **params: Any) -> list[Any]:
    _says("mlir", params)
    return list(operands)


ad.primitive_jvps[announce_jaxpr_p] = _jvp
ad.primitive_transposes[announce_jaxpr_p] = _transpose
batching.primitive_batchers[announce_jaxpr_p] = _batch
mlir.register_lowering(announce_jaxpr_p, _lower)
