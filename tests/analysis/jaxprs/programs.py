"""Programs that between them use each primitive that holds jaxprs, and what else jaxprs know.

Each is a function and its arguments. None is a single call of a jitted function: of such a one the
body is drawn.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

import eqxcore as eqx

X = jnp.arange(12.0).reshape(4, 3) / 7
KEY = jax.random.key(0)
JAX_TABLE = jnp.arange(3.0)
NUMPY_TABLE = np.arange(3, dtype=np.float32)


@jax.jit
def jitted(x: Array) -> Array:
    return jnp.sin(x) * JAX_TABLE


@partial(jax.jit, donate_argnums=0)
def donating(x: Array, y: Array) -> Array:
    return x + y


@jax.custom_jvp
def custom_jvp(x: Array) -> Array:
    return jnp.sin(x)


@custom_jvp.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return custom_jvp(primals[0]), jnp.cos(primals[0]) * tangents[0]


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def custom_vjp(x: Array, scale: float) -> Array:
    return jnp.sin(x) * scale


custom_vjp.defvjp(
    lambda x, scale: (jnp.sin(x) * scale, x), lambda scale, x, ct: (jnp.cos(x) * ct * scale,)
)


@jax.custom_batching.custom_vmap
def custom_vmap(x: Array) -> Array:
    return x * 2


@custom_vmap.def_vmap
def _(axis_size: int, in_batched: Any, x: Array) -> Any:
    return x + x, in_batched[0]


def nested_calls(x: Array) -> Any:
    outer = jax.jit(lambda y: jitted(y) + jitted(y * 2) + NUMPY_TABLE)
    return outer(x), jitted(x)


def scan_of_scan(x: Array) -> Any:
    def inner(carry: Array, value: Array) -> Any:
        return carry * value + 1, carry

    def outer(carry: Array, row: Array) -> Any:
        total, trace = lax.scan(inner, carry, row, reverse=True)
        return total, (trace, row * JAX_TABLE)

    return lax.scan(outer, 1.0, x, unroll=2)


def counted(x: Array) -> Array:
    return lax.fori_loop(0, 5, lambda i, c: c * 0.5 + i, x)


def loop_until(x: Array) -> Any:
    limit, step = x.sum(), x[0]
    return lax.while_loop(
        lambda c: (c[0].sum() < limit) & (c[1] < 9), lambda c: (c[0] + step, c[1] + 1), (x, 0)
    )


def switched(x: Array) -> Any:
    index = (x.sum() > 0).astype(jnp.int32)
    return lax.switch(index, [lambda y: y, jnp.sin, lambda y: y * JAX_TABLE], x)


def by_platform(x: Array) -> Array:
    return lax.platform_dependent(x, cpu=jnp.sin, default=jnp.cos) + 1


def both_ways(x: Array) -> Any:
    def loss(y: Array) -> Array:
        return (custom_vjp(custom_jvp(y), 2.0) ** 2).sum()

    return jax.grad(loss)(x), jax.jvp(custom_jvp, (x,), (x,))


def rematerialised(x: Array) -> Any:
    @partial(jax.checkpoint, policy=jax.checkpoint_policies.dots_saveable)
    def block(y: Array) -> Array:
        return jnp.tanh(y @ y.T).sum() * y

    return jax.value_and_grad(lambda y: block(block(y)).sum())(x)


def solved(x: Array) -> Array:
    return lax.custom_linear_solve(
        lambda v: v * 2, x[0], lambda matvec, b: b / 2, symmetric=True
    ).sum()


def root_found(x: Array) -> Any:
    def solve(f: Callable[[Any], Any], start: Any) -> Any:
        return lax.fori_loop(0, 6, lambda _, y: y - f(y) / (2 * y), start)

    def loss(a: Array) -> Array:
        return lax.custom_root(lambda y: y * y - a, 1.0, solve, lambda g, y: y / g(1.0))

    return jax.value_and_grad(loss)(x[2, 1])


def searched(x: Array) -> Any:
    """From JAX 0.12 on most of these are traced as one equation."""
    _, found = lax.scan(lambda c, r: (c, jnp.searchsorted(c, r)), x[0], x)
    return found, jnp.nonzero(x > 0.5, size=3), jnp.ldexp(x, 2), jnp.interp(x[0], x[1], x[2])


def linear(x: Array) -> Array:
    scale = jax.custom_derivatives.linear_call
    return scale(lambda r, y: r * y, lambda r, ct: r * ct, jnp.sin(x), x)


def sharded(x: Array) -> Array:
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(jax.sharding.AxisType.Auto,))

    def body(y: Array) -> Array:
        return y * lax.psum(y.sum(), "data") + lax.axis_index("data")

    spec = jax.P("data")
    return jax.shard_map(body, mesh=mesh, in_specs=spec, out_specs=spec)(x) + 1


def kernelled(x: Array) -> Array:
    from jax.experimental import pallas

    def kernel(x_ref: Any, out_ref: Any) -> None:
        index = pallas.program_id(0)
        out_ref[...] = x_ref[...] * 2 + index

    block = pallas.BlockSpec((2, 3), lambda i: (i, 0))
    call = pallas.pallas_call(
        kernel,
        out_shape=jax.ShapeDtypeStruct(x.shape, x.dtype),
        grid=(2,),
        in_specs=[block],
        out_specs=block,
        interpret=True,
    )
    return call(x) - 1


def effectful(x: Array) -> Array:
    def body(carry: Array, row: Array) -> Any:
        jax.debug.print("{}", row)
        return carry + row, None

    jax.debug.callback(lambda value: None, x)
    total, _ = lax.scan(body, x[0], x)
    return jax.pure_callback(lambda value: value, total, total)


def ordered_effects(x: Array) -> Array:
    from jax.experimental import io_callback

    got = io_callback(lambda value: value, x, x, ordered=True)
    return got + io_callback(lambda value: value, x, got, ordered=True)


def referring(x: Array) -> Array:
    ref = jax.new_ref(x)
    ref[0] = x[1] * 2
    ref[1] += 3.0

    def body(i: Array, carry: Array) -> Array:
        ref[i] = ref[i] + carry
        return carry + 1

    lax.fori_loop(0, 4, body, 0.0)
    return jax.freeze(ref)


def literals(x: Array) -> Any:
    mask = (x > 0.5) & True
    return jnp.where(mask, x, -jnp.inf) + 2, x.astype(jnp.complex64) * 1j, x.astype(int) // 3


def returned_as_they_are(x: Array) -> Any:
    same = jax.jit(lambda a: (a, a, 3.0, JAX_TABLE, a + 1, (a + 1)))
    return same(x), same(x * 2), x, x, np.float32(2.0), JAX_TABLE, NUMPY_TABLE


def unused_results(x: Array) -> Array:
    values, _ = lax.top_k(x, 2)
    _, carried = lax.scan(lambda c, r: (c + r, r), x[0], x)
    return values.sum() + carried[0]


def constants_everywhere(x: Array) -> Any:
    a, b, c = jnp.ones(3), np.full(3, 2, np.float32), jnp.full(3, 3.0)
    return (
        jax.jit(lambda y: y * a)(x),
        lax.scan(lambda s, r: (s + r * b, None), x[0], x)[0],
        lax.cond(x.sum() > 0, lambda y: y * c, lambda y: y + a, x),
        jax.checkpoint(lambda y: y * c)(x),
        x * b,
    )


def combined(x: Array) -> Any:
    pooled = lax.reduce_window(x, -jnp.inf, lax.max, (2, 2), (1, 1), "VALID")
    return (
        lax.reduce(x, 1.0, lambda a, b: a * b + 1, (0,)),
        jax.grad(lambda y: lax.reduce_window(y, -jnp.inf, lax.max, (2, 2), (1, 1), "SAME").sum())(
            x
        ),
        pooled,
        x.at[0].add(1.0).at[1].max(2.0),
        lax.associative_scan(jnp.add, x),
    )


def random_numbers(x: Array) -> Any:
    first, second = jax.random.split(KEY)
    return jax.random.normal(first, (3,)) + x, jax.random.bernoulli(second, 0.5, (3,))


def second_derivative(x: Array) -> Array:
    return jax.hessian(lambda y: (custom_jvp(y) ** 3).sum())(x[0])


def linear_algebra(x: Array) -> Any:
    square = x @ x.T + jnp.eye(4)
    return jnp.linalg.cholesky(square), jnp.linalg.svd(x), jnp.linalg.solve(square, x)


def small_types(x: Array) -> Any:
    return x.astype(jnp.bfloat16) + 1, x.astype(jnp.int4), x.astype(jnp.float8_e4m3fn)


def of_modules(x: Array) -> Any:
    model = eqx.nn.MLP(3, 2, 8, 2, key=KEY)

    def loss(model: Any) -> Array:
        with jax.named_scope("loss"):
            return (jax.vmap(model)(x) ** 2).sum()

    return eqx.filter_value_and_grad(loss)(model)[0]


PROGRAMS: dict[str, Callable[[Array], Any]] = {
    "calls": nested_calls,
    "donated": lambda x: donating(x, x + 1) * 2,
    "scan": scan_of_scan,
    "counted loop": counted,
    "while": loop_until,
    "cond": switched,
    "platform": by_platform,
    "custom_jvp": lambda x: custom_jvp(x) + 1,
    "custom_vjp": lambda x: custom_vjp(x, 3.0) + 1,
    "custom_vmap": lambda x: custom_vmap(x) + jax.vmap(custom_vmap)(x),
    "derivatives": both_ways,
    "remat": rematerialised,
    "linear solve": solved,
    "root": root_found,
    "searched": searched,
    "linear_call": linear,
    "shard_map": sharded,
    "pallas_call": kernelled,
    "effects": effectful,
    "ordered effects": ordered_effects,
    "references": referring,
    "literals": literals,
    "returned": returned_as_they_are,
    "unused": unused_results,
    "constants": constants_everywhere,
    "combiners": combined,
    "random": random_numbers,
    "hessian": second_derivative,
    "linear algebra": linear_algebra,
    "small types": small_types,
    "modules": of_modules,
    "vmap": lambda x: jax.vmap(switched)(x) + jax.vmap(jitted)(x),
    "fft": lambda x: jnp.fft.rfft(x) + 1,
    "nothing": lambda x: None,
}
