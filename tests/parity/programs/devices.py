"""Transformations that place things on devices. The programs need two."""

import contextlib
import io
import warnings
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec, SingleDeviceSharding

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}


_program = adder(PROGRAMS)


def _mesh() -> Mesh:
    return Mesh(np.array(jax.devices()), ("x",))


def _split() -> NamedSharding:
    return NamedSharding(_mesh(), PartitionSpec("x"))


def _everywhere() -> NamedSharding:
    return NamedSharding(_mesh(), PartitionSpec())


def _where(tree: Any) -> list[str]:
    """Return where each array of a tree is, as text."""
    return [
        str(leaf.sharding) for leaf in jax.tree_util.tree_leaves(tree) if hasattr(leaf, "device")
    ]


def _without_warnings_of_64_bits() -> None:
    # From JAX 0.11 on, Equinox asks for numbers of 64 bits that it does not get.
    warnings.filterwarnings("ignore", "Explicitly requested dtype")


def _linear(eqx: ModuleType) -> Any:
    return eqx.nn.Linear(2, 2, key=jax.random.key(0))


@_program
def shard_to_a_device(eqx: ModuleType) -> Any:
    tree = {"a": jnp.arange(4.0), "b": "s", "c": 3, "n": None, "np": np.arange(2.0), "f": jnp.sin}
    moved = eqx.filter_shard((tree, _linear(eqx), jax.random.key(0)), jax.devices()[1])
    return moved, _where(moved)


@_program
def shard_by_shardings(eqx: ModuleType) -> Any:
    tree = jnp.arange(4.0), {"b": jnp.arange(2.0), "c": "s"}
    one = eqx.filter_shard(tree, _split())
    two = eqx.filter_shard(tree, (_split(), _everywhere()))
    three = eqx.filter_shard(tree, (_split(), SingleDeviceSharding(jax.devices()[0])))
    return [(each, _where(each)) for each in (one, two, three)]


@_program
def shard_in_a_compiled_function(eqx: ModuleType) -> Any:
    tree = jnp.arange(4.0), {"b": jnp.arange(2.0), "c": "s"}
    out = eqx.filter_jit(lambda t: eqx.filter_shard(t, (_split(), _everywhere())))(tree)
    to_one = eqx.filter_jit(lambda x: 2 * eqx.filter_shard(x, jax.devices()[1]))(jnp.arange(4.0))
    return out, _where(out), to_one, _where(to_one)


@_program
def shard_and_differentiate(eqx: ModuleType) -> Any:
    def loss(x: Any) -> Any:
        return (eqx.filter_shard(x, _split()) ** 2).sum()

    grad = eqx.filter_grad(loss)
    x = jnp.arange(4.0)
    gradients = grad(x), eqx.filter_jit(grad)(x)
    moved = eqx.filter_grad(lambda x: eqx.filter_shard(x, jax.devices()[1]).sum())(x)
    pushed = eqx.filter_jvp(lambda x: eqx.filter_shard(x, _split()), (x,), (jnp.ones(4),))
    return gradients, _where(gradients), moved, _where(moved), pushed


@_program
def shard_and_vectorise(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x: eqx.filter_shard(x, _split()))(jnp.ones((2, 4)))


@_program
def shard_a_model_and_use_it(eqx: ModuleType) -> Any:
    model = eqx.filter_shard(_linear(eqx), _everywhere())
    x = eqx.filter_shard(jnp.arange(8.0).reshape(4, 2), _split())
    out = eqx.filter_jit(lambda m, x: jax.vmap(m)(x))(model, x)
    gradients = eqx.filter_jit(eqx.filter_grad(lambda m, x: jax.vmap(m)(x).sum()))(model, x)
    return out, _where(out), gradients


@_program
def shard_what_cannot_be_split(eqx: ModuleType) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):  # JAX 0.11 prints where it was called
        return eqx.filter_shard(jnp.ones(3), _split())


@_program
def shard_by_a_tree_that_is_no_prefix(eqx: ModuleType) -> Any:
    return eqx.filter_shard((jnp.ones(2),), (_split(), _split()))


@_program
def shard_by_none(eqx: ModuleType) -> Any:
    return eqx.filter_shard(jnp.ones(2), None)


@_program
def shard_by_a_name(eqx: ModuleType) -> Any:
    return eqx.filter_shard(jnp.ones(2), "cpu")


@_program
def pmap(eqx: ModuleType) -> Any:
    _without_warnings_of_64_bits()
    f = eqx.filter_pmap(lambda x, y: (x + y, x, "s", 3, None))
    out = f(jnp.array([1, 2]), jnp.array([3, 4]))
    return out, _where(out[0]), f(jnp.array([1, 2]), 3), f(np.ones((2, 3)), 2.0)


@_program
def pmap_axes(eqx: ModuleType) -> Any:
    x, y = jnp.array(1), jnp.arange(6.0).reshape(3, 2)
    first = eqx.if_array(0)
    return (
        eqx.filter_pmap(lambda x, y: x + y, in_axes=(None, 1))(x, y),
        eqx.filter_pmap(lambda x, y: x + y, in_axes={"x": None, "y": 1}, out_axes=1)(x, y),
        eqx.filter_pmap(in_axes=first)(lambda tree: tree["a"] * tree["b"])({"a": y.T, "b": 3}),
        eqx.filter_pmap(lambda x: (x, 1), out_axes=(1, None))(y.T),
        eqx.filter_pmap(lambda x: (x, 1), out_axes=(eqx.if_array(1), 0))(y.T),
    )


@_program
def pmap_collectives(eqx: ModuleType) -> Any:
    _without_warnings_of_64_bits()
    mean = eqx.filter_pmap(lambda x: jax.lax.psum(x, "i"), axis_name="i", out_axes=None)
    index = eqx.filter_pmap(lambda: jax.lax.axis_index("i"), axis_name="i", axis_size=2)
    return mean(jnp.arange(4.0).reshape(2, 2)), index()


@_program
def pmap_of_models(eqx: ModuleType) -> Any:
    keys = jax.random.split(jax.random.key(0), 2)
    models = eqx.filter_pmap(lambda key: eqx.nn.Linear(2, 2, key=key))(keys)
    x = jnp.arange(2.0)
    return (
        models,
        eqx.filter_pmap(lambda m, x: m(x), in_axes=(eqx.if_array(0), None))(models, x),
        eqx.filter_pmap(_linear(eqx))(jnp.ones((2, 2))),
    )


@_program
def pmap_within_others(eqx: ModuleType) -> Any:
    square = eqx.filter_pmap(lambda x: x**2)
    x = jnp.arange(2.0)
    return (
        eqx.filter_grad(lambda x: square(x).sum())(x),
        eqx.filter_pmap(eqx.filter_grad(lambda x: x**2))(x),
        eqx.filter_jit(square)(x),
        eqx.filter_jit(eqx.filter_value_and_grad(lambda x: square(x).sum()))(x),
    )


@_program
def pmap_as_a_method(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        w: Any

        @eqx.filter_pmap(in_axes=(None, 0))
        def scale(self, x: Any) -> Any:
            "Scaled."
            return self.w * x

    model = M(jnp.arange(3.0))
    return model.scale(jnp.ones(2)), M.scale.__name__, M.scale.__doc__


@_program
def pmap_donates(eqx: ModuleType) -> Any:
    found = []
    for donate in ("all", "warn", "none"):
        f = eqx.filter_pmap(lambda x: x + 1, donate=donate)
        plain = jnp.ones(2)
        spread = f(plain)
        again = f(spread)
        found.append((donate, plain.is_deleted(), spread.is_deleted(), again))
    return found


@_program
def pmap_ahead_of_time(eqx: ModuleType) -> Any:
    f = eqx.filter_pmap(lambda x, n: (x + n, n))
    lowered = f.lower(jnp.ones(2), 3)
    return lowered.compile()(jnp.ones(2), 3), type(lowered.as_text())


@_program
def pmap_compiles_once_for_each_static_value(eqx: ModuleType) -> Any:
    traced = []
    f = eqx.filter_pmap(lambda x, n: traced.append(n) or x * n)
    out = [f(jnp.ones(2), n) for n in (1, 2, 1)]
    return out, set(traced)


@_program
def pmap_by_name(eqx: ModuleType) -> Any:
    return eqx.filter_pmap(lambda x: x)(x=jnp.ones(2))


@_program
def pmap_of_differing_sizes(eqx: ModuleType) -> Any:
    return eqx.filter_pmap(lambda x, y: x)(jnp.ones(2), jnp.ones(1))


@_program
def pmap_of_another_size(eqx: ModuleType) -> Any:
    _without_warnings_of_64_bits()
    return eqx.filter_pmap(lambda x: x, axis_size=1)(jnp.ones(2))


@_program
def pmap_of_an_axis_that_is_not_there(eqx: ModuleType) -> Any:
    return eqx.filter_pmap(lambda x: x, in_axes=2)(jnp.ones((2, 3)))


@_program
def pmap_of_an_axis_that_is_no_number(eqx: ModuleType) -> Any:
    return eqx.filter_pmap(lambda x: x, in_axes="s")(jnp.ones((2, 3)))


@_program
def pmap_of_axes_that_are_no_prefix(eqx: ModuleType) -> Any:
    return eqx.filter_pmap(lambda x: x, in_axes=(0, 0))(jnp.ones((2, 3)))


@_program
def pmap_of_an_unknown_argument(eqx: ModuleType) -> Any:
    return eqx.filter_pmap(lambda x: x, in_axes={"z": 1})(jnp.ones((2, 3)))


@_program
def pmap_of_one_result_for_all(eqx: ModuleType) -> Any:
    return eqx.filter_pmap(lambda x: x, out_axes=None)(jnp.ones((2, 3)))


@_program
def pmap_donates_wrongly(eqx: ModuleType) -> Any:
    return eqx.filter_pmap(lambda x: x, donate="all-except-first")


@_program
def pmap_with_static_arguments(eqx: ModuleType) -> Any:
    return eqx.filter_pmap(lambda x: x, static_broadcasted_argnums=1)


@_program
def jit_on_two_devices(eqx: ModuleType) -> Any:
    f = eqx.filter_jit(lambda x, y: (x + y).sum(), donate="all")
    first, second = jax.devices()
    sums = [f(*jax.device_put((jnp.ones(3), jnp.ones(3)), each)) for each in (first, second)]
    return sums, _where(sums)


@_program
def jit_of_arrays_on_different_devices(eqx: ModuleType) -> Any:
    first, second = jax.devices()
    x, y = jax.device_put(jnp.ones(3), first), jax.device_put(jnp.ones(3), second)
    return eqx.filter_jit(lambda x, y: x + y)(x, y)


def _devices_in_a_tree(eqx: ModuleType) -> Any:
    first, second = jax.devices()
    moved = eqx.filter_shard((jnp.ones(2), {"b": jnp.ones(3)}), (first, second))
    return [[device.id for device in each.devices()] for each in (moved[0], moved[1]["b"])]


# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "shard to a tree of devices": (
        _devices_in_a_tree,
        [[0], [1]],
        "Equinox takes devices alone only",
    ),
    "pmap on too few devices": (
        lambda eqx: eqx.filter_pmap(lambda x: x)(jnp.ones(3)),
        ValueError,
        "Equinox passes on what JAX makes of it, a private kind of the same error",
    ),
    "pmap with an unknown option": (
        lambda eqx: eqx.filter_pmap(lambda x: x, unknown=1),
        TypeError,
        "Equinox complains when the function is called, if ever",
    ),
}
