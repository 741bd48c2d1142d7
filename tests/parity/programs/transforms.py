"""Filtered transformations."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}
#: Those that take long.
FULL = {
    "strict promotion",
    "grad of each dtype",
    "jit of each dtype",
    "transformations within each other",
}

_X = jnp.arange(8.0).reshape(4, 2)
_LIKE_X = jax.ShapeDtypeStruct((4, 2), jnp.float32)
_DTYPES = (jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64, jnp.complex64)
_OTHERS = (jnp.int8, jnp.uint32, jnp.int64, jnp.bool_)


def _equal_numbers_of_two_types(eqx: ModuleType) -> Any:
    f = eqx.filter_jit(lambda x, n: type(n).__name__)
    return f(jnp.ones(2), 2), f(jnp.ones(2), 2.0)


def _jit_of_a_transformed_function(eqx: ModuleType) -> Any:
    return jax.jit(eqx.filter_grad(lambda x: 3 * x))(jnp.ones(()))


def _lower_of_shapes(eqx: ModuleType) -> Any:
    compiled = eqx.filter_jit(lambda x: 3 * x).lower(_LIKE_X).compile()
    return compiled(_X).sum(), type(compiled.cost_analysis()).__name__


# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "filter_jit with equal numbers of two types": (
        _equal_numbers_of_two_types,
        ("int", "float"),
        "Equinox takes the compiled function of the other type, since 2 == 2.0",
    ),
    "jax.jit of a transformed function": (
        _jit_of_a_transformed_function,
        jnp.array(3.0, jnp.float32),
        "Equinox's cannot be hashed",
    ),
    "lower of shapes": (
        _lower_of_shapes,
        (jnp.array(84.0, jnp.float32), "dict"),
        "Equinox takes shapes for static, and its compiled functions can only be called",
    ),
}


_program = adder(PROGRAMS)


def _mlp(eqx: ModuleType) -> Any:
    return eqx.nn.MLP(2, 3, 4, 2, key=jax.random.key(0))


def _loss(model: Any, x: Any) -> Any:
    return jnp.mean(jax.vmap(model)(x) ** 2)


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
def jit_after_caches_are_cleared(eqx: ModuleType) -> Any:
    f = eqx.filter_jit(lambda x, n: print("traced", n) or x * n)
    for clear in (lambda: None, eqx.clear_caches, jax.clear_caches, eqx.clear_caches):
        clear()
        print([f(jnp.ones(2), n) for n in (1, 2)])


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


@_program
def jit_of_each_dtype(eqx: ModuleType) -> Any:
    with jax.enable_x64(True):
        arrays = [jnp.ones(2, dtype) for dtype in (*_DTYPES, *_OTHERS)]
        f = eqx.filter_jit(lambda x: (x, 2 * x))
        return [f(each) for each in arrays], f(np.ones(2)), f(np.float16(1)), f(2.0), f(True)


@_program
def jit_of_keys(eqx: ModuleType) -> Any:
    f = eqx.filter_jit(lambda key: (key, jax.random.normal(key, (2,)), jax.random.split(key)))
    return f(jax.random.key(0)), f(jax.random.key(0, impl="rbg")), f(jax.random.PRNGKey(0))


@_program
def jit_of_shapes_that_decide_static_results(eqx: ModuleType) -> Any:
    f = eqx.filter_jit(lambda x: (x.shape, str(x.dtype), np.ones(1), 3))
    return f(_X), f(_X[0]), f(_X.astype(int))


@_program
def jit_of_no_tangents(eqx: ModuleType) -> Any:
    zero = np.zeros((), jax.dtypes.float0)
    return eqx.is_array(zero), eqx.is_inexact_array(zero), eqx.filter_jit(lambda x: 1)(zero)


@_program
def jit_disabled(eqx: ModuleType) -> Any:
    with jax.disable_jit():
        return eqx.filter_jit(lambda x: print(isinstance(x, jax.core.Tracer)) or x)(_X)


@_program
def jit_of_all_sorts_of_callables(eqx: ModuleType) -> Any:
    import functools

    model = _mlp(eqx)
    partials = functools.partial, jtu.Partial, eqx.Partial
    return (
        [eqx.filter_jit(each(lambda a, x: a * x, _X))(2.0) for each in partials],
        eqx.filter_jit(model.__call__)(_X[0]),
        eqx.filter_jit(jnp.add)(_X, _X),
        eqx.filter_jit(jax.nn.relu)(_X),
        eqx.filter_jit(jax.jit(lambda x, y=1: x + y))(_X),
        eqx.filter_jit(len)(_X),
        eqx.filter_jit(eqx.filter_jit(lambda x, s: (x, s)))(_X, "s"),
    )


@_program
def jit_leaks(eqx: ModuleType) -> Any:
    leaked: list[Any] = []
    eqx.filter_jit(lambda x: leaked.append(x))(_X)
    return leaked[0] + 1


@_program
def jit_donates_numpy_arrays(eqx: ModuleType) -> Any:
    x = np.ones(2, np.float32)
    return eqx.filter_jit(lambda x: x + 1, donate="all")(x), x


@_program
def jit_donates_what_is_given_twice(eqx: ModuleType) -> Any:
    x = jnp.ones(2)
    return eqx.filter_jit(lambda x, y: x + y, donate="all")(x, x)


@_program
def jit_donates_a_model(eqx: ModuleType) -> Any:
    model, x = _mlp(eqx), jnp.ones(2)
    moved = eqx.filter_jit(lambda m, x: (m, x), donate="all-except-first")(model, x)
    return moved, model.layers[0].weight.is_deleted(), x.is_deleted()


@_program
def jit_donates_with_warnings(eqx: ModuleType) -> Any:
    return [
        eqx.filter_jit(lambda x: x.sum(), donate=donate)(jnp.ones(2))
        for donate in ("warn", "all", "warn-except-first", "all-except-first", "none")
    ]


@_program
def jit_compiled_ahead_of_time_donates(eqx: ModuleType) -> Any:
    x = jnp.ones(2)
    compiled = eqx.filter_jit(lambda x, n: (x * n, n), donate="all").lower(x, 3).compile()
    return compiled(x, n=3), x.is_deleted()


@_program
def jit_compiled_ahead_of_time_for_other_shapes(eqx: ModuleType) -> Any:
    return eqx.filter_jit(lambda x: x).lower(_X).compile()(_X[0])


@_program
def jit_compiled_ahead_of_time_for_other_arguments(eqx: ModuleType) -> Any:
    return eqx.filter_jit(lambda x, n: x).lower(_X, 1).compile()(_X)


@_program
def methods_of_every_kind(eqx: ModuleType) -> Any:
    class M(eqx.Module):
        w: Any

        @eqx.filter_jit
        def jitted(self, x: Any) -> Any:
            return self.w * x

        @eqx.filter_grad
        def gradient(self, x: Any) -> Any:
            return (self.w * x).sum()

        @eqx.filter_value_and_grad(has_aux=True)
        def both(self, x: Any, *, name: Any) -> Any:
            return (self.w * x).sum(), name

        @eqx.filter_vmap(in_axes=(None, 0))
        def vectorised(self, x: Any) -> Any:
            return self.w * x

        @eqx.filter_checkpoint
        def checkpointed(self, x: Any) -> Any:
            return self.w * x

        @classmethod
        @eqx.filter_jit
        def of_class(cls, x: Any) -> Any:
            return cls(x)

        @staticmethod
        @eqx.filter_jit
        def of_none(x: Any) -> Any:
            return x

        @property
        @eqx.filter_jit
        def computed(self) -> Any:
            return 2 * self.w

        @eqx.filter_jit
        def __call__(self, x: Any, *, k: Any = 1) -> Any:
            return self.w * x * k

    m = M(jnp.arange(2.0))
    return (
        (m.jitted(2.0), m.gradient(2.0), m.both(2.0, name="n"), m.vectorised(_X[0])),
        (m.checkpointed(2.0), m.of_class(_X), m.of_none(2), m.computed, m(1.0), m(1.0, k=2)),
        jax.vmap(m.jitted)(_X[0]),
        jax.grad(lambda m: m.jitted(1.0).sum())(m),
        M.jitted.lower(m, _X[0]).compile()(m, _X[0]),
    )


@_program
def transformations_within_each_other(eqx: ModuleType) -> Any:
    model = _mlp(eqx)

    def loss(model: Any, x: Any) -> Any:
        return model(x).sum()

    grad = eqx.filter_grad(loss)
    each = (None, 0)
    dynamic, static = eqx.partition(model, eqx.is_array)
    return (
        eqx.filter_jit(eqx.filter_vmap(grad, in_axes=each))(model, _X),
        eqx.filter_vmap(eqx.filter_jit(grad), in_axes=each)(model, _X),
        eqx.filter_grad(eqx.filter_checkpoint(eqx.filter_jit(_loss)))(model, _X),
        eqx.filter_eval_shape(eqx.filter_vmap(grad, in_axes=each), model, _X),
        eqx.filter_jvp(eqx.filter_grad(lambda x: jnp.sum(x**3)), (_X,), (_X,)),
        eqx.filter_make_jaxpr(eqx.filter_jit(grad))(model, _X[0])[1:],
        jax.lax.scan(lambda d, x: (d, eqx.combine(d, static)(x)), dynamic, _X)[1],
        eqx.filter_jit(lambda m, x: jax.lax.cond(x[0] > 1, m, lambda y: m(-y), x))(model, _X[0]),
    )


@_program
def grad_of_each_dtype(eqx: ModuleType) -> Any:
    f = eqx.filter_value_and_grad(lambda x: jnp.abs(2 * x).sum())
    with jax.enable_x64(True):
        return [f(jnp.ones(2, dtype)) for dtype in _DTYPES]


@_program
def grad_among_keys_and_integers(eqx: ModuleType) -> Any:
    def f(tree: Any) -> Any:
        return jax.random.normal(tree["key"], ()) * tree["x"] * tree["n"]

    return eqx.filter_grad(f)(
        {"key": jax.random.key(0), "x": jnp.array(2.0), "n": jnp.array(3), "np": np.float32(1)}
    )


@_program
def grad_has_aux_in_a_list(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda x: [x.sum(), "aux"], has_aux=True)(_X)


@_program
def grad_options(eqx: ModuleType) -> Any:
    holomorphic = eqx.filter_grad(lambda x: x * x, holomorphic=True)(jnp.array(1j))
    allowed = eqx.filter_grad(lambda t: t["a"].sum(), allow_int=True)({"a": _X, "b": jnp.arange(2)})
    return holomorphic, allowed


@_program
def jvp(eqx: ModuleType) -> Any:
    f = lambda x, y, *, k: (x * y * k, "s", y, jnp.arange(2), 2.0)  # noqa: E731 - used twice
    return (
        eqx.filter_jvp(f, (_X, 3), (_X, None), k=2),
        eqx.filter_jit(lambda x: eqx.filter_jvp(f, (x, 3.0), (x, 1.0), k=2))(_X),
        eqx.filter_vmap(lambda x: eqx.filter_jvp(f, (x, x), (x, None), k=2))(_X),
    )


@_program
def jvp_of_tangents_of_another_shape(eqx: ModuleType) -> Any:
    return eqx.filter_jvp(lambda x: x, (_X,), (_X[0],))


@_program
def jvp_of_tangents_of_another_dtype(eqx: ModuleType) -> Any:
    return eqx.filter_jvp(lambda x: x, (_X,), (_X.astype(jnp.float16),))


@_program
def jvp_of_an_integer(eqx: ModuleType) -> Any:
    return eqx.filter_jvp(lambda x, n: x * n, (_X, 2), (_X, 1))


@_program
def jvp_of_too_many_tangents(eqx: ModuleType) -> Any:
    return eqx.filter_jvp(lambda x: x, (_X,), (_X, _X))


@_program
def vjp(eqx: ModuleType) -> Any:
    out, pull = eqx.filter_vjp(lambda x, n: (x * n, "s", jnp.arange(2)), _X, 3)
    value, pull_aux, aux = eqx.filter_vjp(lambda m: (m(_X[0]), "aux"), _mlp(eqx), has_aux=True)
    return out, pull((_X, None, None)), value, pull_aux(jnp.ones(3)), aux


@_program
def vjp_of_a_gradient_of_another_structure(eqx: ModuleType) -> Any:
    return eqx.filter_vjp(lambda x: (x, x), _X)[1](_X)


@_program
def vjp_through_jit(eqx: ModuleType) -> Any:
    out, pull = eqx.filter_jit(lambda x: eqx.filter_vjp(lambda x: x**2, x))(_X)
    return out, pull(_X)


@_program
def checkpoint(eqx: ModuleType) -> Any:
    policy = jax.checkpoint_policies.everything_saveable
    f = eqx.filter_checkpoint(policy=policy, prevent_cse=False)(_loss)
    g = eqx.filter_checkpoint(lambda x, n, *, s: (x * n, s))
    return eqx.filter_grad(f)(_mlp(eqx), _X), g(_X, 2, s="s"), eqx.filter_jit(g)(_X, 2, s="s")


@_program
def closure_convert(eqx: ModuleType) -> Any:
    def inside(z: Any) -> Any:
        f = eqx.filter_closure_convert(lambda x, *, n: (x * z * n, "s"), _X, n=2)
        print(len(f.consts))
        return f(_X, n=2)[0].sum()

    plain = eqx.filter_closure_convert(_mlp(eqx), _LIKE_X.update(shape=(2,)))
    return eqx.filter_grad(inside)(jnp.array(3.0)), plain(_X[0]), eqx.filter_vmap(plain)(_X)


@_program
def closure_convert_called_with_another_number(eqx: ModuleType) -> Any:
    return eqx.filter_closure_convert(lambda x, n: x * n, _X, 2)(_X, 3)


@_program
def closure_convert_called_with_another_shape(eqx: ModuleType) -> Any:
    return eqx.filter_closure_convert(lambda x: x, _X)(_X[0])


@_program
def strict_promotion(eqx: ModuleType) -> Any:
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        grad = eqx.filter_jit(eqx.filter_grad(_loss))
        return grad(_mlp(eqx), _X), eqx.filter_vmap(_mlp(eqx))(_X)
