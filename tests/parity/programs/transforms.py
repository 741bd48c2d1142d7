"""Filtered transformations."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from tests.parity.outcome import Program

PROGRAMS: dict[str, Program] = {}


def _equal_numbers_of_two_types(eqx: ModuleType) -> Any:
    f = eqx.filter_jit(lambda x, n: type(n).__name__)
    return f(jnp.ones(2), 2), f(jnp.ones(2), 2.0)


# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "filter_jit with equal numbers of two types": (
        _equal_numbers_of_two_types,
        ("int", "float"),
        "Equinox takes the compiled function of the other type, since 2 == 2.0",
    ),
}


def _program(program: Program) -> Program:
    name = program.__name__.replace("_", " ")
    PROGRAMS[name] = program
    return program


def _mlp(eqx: ModuleType) -> Any:
    return eqx.nn.MLP(2, 3, 4, 2, key=jax.random.key(0))


def _loss(model: Any, x: Any) -> Any:
    return jnp.mean(jax.vmap(model)(x) ** 2)


_X = jnp.arange(8.0).reshape(4, 2)


@_program
def jit_of_a_model(eqx: ModuleType) -> Any:
    return eqx.filter_jit(_loss)(_mlp(eqx), _X), eqx.filter_jit(_mlp(eqx))(_X[0])


@_program
def jit_of_anything(eqx: ModuleType) -> Any:
    @eqx.filter_jit
    def f(x: Any, *args: Any, flag: Any = None, **kwargs: Any) -> Any:
        print("traced", type(flag).__name__)
        return {"x": x, "args": args, "flag": flag, "kwargs": kwargs, "none": None}

    first = f(jnp.ones(2), "text", jnp.sin, flag=True, other=[1, np.ones(2)])
    f(jnp.zeros(2), "text", jnp.sin, flag=True, other=[1, np.zeros(2)])
    return first, f(jnp.ones(3), flag=2.0)


@_program
def jit_retraces_for_static_values(eqx: ModuleType) -> Any:
    f = eqx.filter_jit(lambda x, n: print("traced", n) or x * n)
    return [f(jnp.ones(2), n) for n in (1, 2, 1)]


@_program
def jit_as_decorators(eqx: ModuleType) -> Any:
    @eqx.filter_jit(donate="none")
    def f(x: Any) -> Any:
        "Documented."
        return x + 1

    return f(1), f(jnp.ones(2)), f.__name__, f.__doc__, f.__wrapped__.__name__


@_program
def jit_returns_functions(eqx: ModuleType) -> Any:
    return eqx.filter_jit(lambda x: lambda y: x + y)(jnp.ones(2))


@_program
def jit_returns_models(eqx: ModuleType) -> Any:
    return eqx.filter_jit(lambda key: eqx.nn.MLP(2, 3, 4, 2, key=key))(jax.random.key(0))


@_program
def jit_with_an_unhashable_argument(eqx: ModuleType) -> Any:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]  (that is what is tried here)

    return eqx.filter_jit(lambda x: x)(Unhashable())


@_program
def jit_that_raises(eqx: ModuleType) -> Any:
    return eqx.filter_jit(lambda x: x["missing"])({"a": 1})


@_program
def jit_of_control_flow(eqx: ModuleType) -> Any:
    return eqx.filter_jit(lambda x: 1 if x > 0 else 2)(jnp.array(1.0))


@_program
def jit_with_wrong_arguments(eqx: ModuleType) -> Any:
    return eqx.filter_jit(lambda x: x)(1, 2)


@_program
def jit_lower(eqx: ModuleType) -> Any:
    lowered = eqx.filter_jit(_loss).lower(_mlp(eqx), _X)
    return lowered.compile()(_mlp(eqx), _X)


@_program
def jit_donate(eqx: ModuleType) -> Any:
    x = jnp.ones(2)
    y = eqx.filter_jit(lambda x: x + 1, donate="all")(x)
    return y, x.is_deleted()


@_program
def jit_donate_except_first(eqx: ModuleType) -> Any:
    x, y = jnp.ones(2), jnp.zeros(2)
    result = eqx.filter_jit(lambda x, y: y + 1, donate="all-except-first")(x, y)
    return result, x.is_deleted(), y.is_deleted()


@_program
def jit_donate_wrongly(eqx: ModuleType) -> Any:
    return eqx.filter_jit(lambda x: x, donate="some")(1)


@_program
def jit_of_a_method(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        x: Any

        @eqx.filter_jit
        def f(self, y: Any) -> Any:
            return self.x + y

    m = M(jnp.ones(2))
    return m.f(1), M.f(m, y=2), eqx.filter_jit(m.f)(jnp.ones(2))


@_program
def grad(eqx: ModuleType) -> Any:
    return eqx.filter_grad(_loss)(_mlp(eqx), _X)


@_program
def grad_skips_what_is_not_inexact(eqx: ModuleType) -> Any:
    def f(tree: Any, y: Any) -> Any:
        return tree["a"] * tree["b"] * y

    return eqx.filter_grad(f)({"a": jnp.array(2.0), "b": 3, "c": jnp.arange(2), "d": "s"}, 2.0)


@_program
def grad_of_python_numbers(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda x: x**2)(3.0)


@_program
def grad_has_aux(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda x: (jnp.sum(x**2), {"aux": "s"}), has_aux=True)(jnp.ones(2))


@_program
def value_and_grad(eqx: ModuleType) -> Any:
    return eqx.filter_value_and_grad(_loss)(_mlp(eqx), _X)


@_program
def value_and_grad_has_aux(eqx: ModuleType) -> Any:
    f = eqx.filter_value_and_grad(has_aux=True)(lambda x, y: (jnp.sum(x * y), [y, "s"]))
    return f(jnp.ones(2), y=jnp.arange(2.0))


@_program
def grad_of_jit(eqx: ModuleType) -> Any:
    return eqx.filter_grad(eqx.filter_jit(_loss))(_mlp(eqx), _X)


@_program
def jit_of_grad(eqx: ModuleType) -> Any:
    return eqx.filter_jit(eqx.filter_value_and_grad(_loss))(_mlp(eqx), _X)


@_program
def grad_of_a_vector(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda x: x)(jnp.ones(2))


@_program
def grad_of_none(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda x: None)(jnp.ones(2))


@_program
def grad_of_a_text(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda x: jnp.array(1.0))("s")


@_program
def grad_without_arguments(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda: 1.0)()


@_program
def grad_with_argnums(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda x, y: x * y, argnums=1)(1.0, 2.0)


@_program
def vmap(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(_mlp(eqx))(_X)


@_program
def vmap_of_static_values(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x, flag, f: (f(x) if flag else x, "s"))(_X, True, jnp.sin)


@_program
def vmap_in_axes(eqx: ModuleType) -> Any:
    f = lambda x, y: (x["a"] * y, x["b"])  # noqa: E731  (used twice)
    tree = {"a": _X, "b": 3.0}
    one = eqx.filter_vmap(f, in_axes=({"a": 1, "b": None}, None))(tree, jnp.ones(4))
    two = eqx.filter_vmap(f, in_axes=(eqx.if_array(0), 0), out_axes=(1, None))(tree, jnp.ones(4))
    return one, two


@_program
def vmap_axis_name_and_size(eqx: ModuleType) -> Any:
    f = eqx.filter_vmap(lambda: jax.lax.axis_index("i"), axis_name="i", axis_size=3)
    g = eqx.filter_vmap(axis_name="i")(lambda x: x - jax.lax.pmean(x, "i"))
    return f(), g(_X)


@_program
def vmap_of_differing_sizes(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x, y: x)(jnp.ones(2), jnp.ones(3))


@_program
def vmap_of_no_array(eqx: ModuleType) -> Any:
    return eqx.filter_vmap(lambda x: x)(1)


@_program
def if_array(eqx: ModuleType) -> Any:
    axis = eqx.if_array(1)
    return axis, axis(jnp.ones(2)), axis(1.0), axis == eqx.if_array(1)


@_program
def make_jaxpr(eqx: ModuleType) -> Any:
    jaxpr, shapes, rest = eqx.filter_make_jaxpr(lambda x, n: (x * n, "s"))(_X, 2)
    return [str(v.aval) for v in jaxpr.jaxpr.invars], shapes, rest


@_program
def eval_shape(eqx: ModuleType) -> Any:
    made = eqx.filter_eval_shape(eqx.nn.MLP, 2, 3, 4, 2, key=jax.random.key(0))
    return made, eqx.filter_eval_shape(lambda x, s: {"x": x.T, "s": s}, _X, "text")


@_program
def training(eqx: ModuleType) -> Any:
    @eqx.filter_jit
    def step(model: Any, x: Any) -> Any:
        loss, grads = eqx.filter_value_and_grad(_loss)(model, x)
        updates = jtu.tree_map(lambda g: -0.1 * g, grads)
        return eqx.apply_updates(model, updates), loss

    model, losses = _mlp(eqx), []
    for _ in range(3):
        model, loss = step(model, _X)
        losses.append(loss)
    return model, losses
