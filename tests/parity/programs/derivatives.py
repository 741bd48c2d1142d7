"""Jacobians, Hessians, rules for derivatives, and derivatives within other transformations."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}
#: Those that take long.
FULL = {
    "full derivatives of a model",
    "full derivatives of trees",
    "full derivatives of each dtype",
    "custom jvp of each dtype",
    "custom vjp of each dtype",
}

_X = jnp.arange(1.0, 4.0)
_ONE = jnp.array(1.0)
_TWO = jnp.array(2.0)
_DTYPES = (jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64)


_program = adder(PROGRAMS)


def _mlp(eqx: ModuleType) -> Any:
    return eqx.nn.MLP(2, 2, 3, 1, jnp.tanh, key=jax.random.key(0))


def _full(eqx: ModuleType) -> tuple[Any, ...]:
    return eqx.filter_jacfwd, eqx.filter_jacrev, eqx.filter_hessian


def _cube(eqx: ModuleType) -> Any:
    """Return `x**3 * n` with a rule for `n`-fold of what is right, so that its use shows."""

    @eqx.filter_custom_jvp
    def cube(x: Any, *, n: Any = 1) -> Any:
        return x**3 * n

    @cube.def_jvp
    def rule(primals: Any, tangents: Any, *, n: Any = 1) -> Any:
        print("rule", [tangent is None for tangent in tangents], n)
        (x,), (tangent,) = primals, tangents
        return cube(x, n=n), 30 * x**2 * tangent

    return cube


def _product(eqx: ModuleType) -> Any:
    """Return `tree["a"] * y`, with ten times the right gradient."""

    @eqx.filter_custom_vjp
    def product(tree: Any, y: Any, *, name: Any = None) -> Any:
        return {"out": tree["a"] * y, "name": name}

    @product.def_fwd
    def forward(perturbed: Any, tree: Any, y: Any, *, name: Any = None) -> Any:
        print("forward", perturbed, name)
        return {"out": tree["a"] * y, "name": name}, {"y": y, "text": "residual"}

    @product.def_bwd
    def backward(
        residuals: Any, gradient: Any, perturbed: Any, tree: Any, y: Any, **kw: Any
    ) -> Any:
        print("backward", residuals["text"], perturbed, list(gradient), gradient["name"], kw)
        none = dict.fromkeys(tree)
        return none | {"a": 10 * gradient["out"] * residuals["y"]}

    return product


@_program
def full_derivatives_of_an_array(eqx: ModuleType) -> Any:
    return [each(lambda x: x**3 * x[0])(_X) for each in _full(eqx)]


@_program
def full_derivatives_of_a_model(eqx: ModuleType) -> Any:
    return [each(lambda m, x: m(x))(_mlp(eqx), x=_X[:2]) for each in _full(eqx)]


@_program
def full_derivatives_in_a_model_input(eqx: ModuleType) -> Any:
    return [each(_mlp(eqx))(_X[:2]) for each in _full(eqx)]


@_program
def full_derivatives_of_trees(eqx: ModuleType) -> Any:
    tree = {"a": _X, "b": (jnp.ones(()), np.arange(2.0, dtype=np.float32)), "c": "text", "d": 3}

    def f(tree: Any, *, scale: Any) -> Any:
        return {"u": tree["a"] * tree["b"][0] * scale, "v": [tree["b"][1] * tree["d"], None]}

    return [each(f)(tree, scale=2.0) for each in _full(eqx)]


@_program
def full_derivatives_of_each_dtype(eqx: ModuleType) -> Any:
    with jax.enable_x64(True):
        return [
            each(lambda x: x**2)(jnp.arange(2, dtype=dtype))
            for dtype in _DTYPES
            for each in _full(eqx)
        ]


@_program
def full_derivatives_with_aux(eqx: ModuleType) -> Any:
    return [each(lambda x: (x**2, [x, None]), has_aux=True)(_X) for each in _full(eqx)]


@_program
def full_derivatives_compiled_and_vectorised(eqx: ModuleType) -> Any:
    batch = jnp.stack([_X, _X + 1])
    return [eqx.filter_jit(eqx.filter_vmap(each(lambda x: x**2)))(batch) for each in _full(eqx)]


@_program
def full_derivatives_of_integer_results(eqx: ModuleType) -> Any:
    return eqx.filter_jacfwd(lambda x: (x, jnp.arange(2), 3))(_X)


@_program
def jacrev_of_integer_results(eqx: ModuleType) -> Any:
    return eqx.filter_jacrev(lambda x: (x, jnp.arange(2)))(_X)


@_program
def jacfwd_of_a_text(eqx: ModuleType) -> Any:
    return eqx.filter_jacfwd(lambda x: (x, "text"))(_X)


@_program
def jacfwd_in_an_integer(eqx: ModuleType) -> Any:
    return eqx.filter_jacfwd(lambda x: x * 1.0)(jnp.arange(2))


@_program
def jacrev_in_a_python_number(eqx: ModuleType) -> Any:
    return eqx.filter_jacrev(lambda x: x * 1.0)(3.0)


@_program
def jacfwd_in_complex_numbers(eqx: ModuleType) -> Any:
    return eqx.filter_jacfwd(lambda x: x**2)(_X * 1j)


@_program
def hessian_without_arguments(eqx: ModuleType) -> Any:
    return eqx.filter_hessian(lambda x: x)()


@_program
def jacfwd_by_name(eqx: ModuleType) -> Any:
    return eqx.filter_jacfwd(lambda x: x)(x=_X)


@_program
def custom_jvp_is_used(eqx: ModuleType) -> Any:
    cube = _cube(eqx)
    return (
        cube(_TWO),
        cube(_TWO, n=2),
        eqx.filter_grad(cube)(_TWO),
        eqx.filter_grad(cube)(_TWO, n=jnp.array(2)),
        eqx.filter_jvp(cube, (_TWO,), (_ONE,)),
        jax.jacfwd(cube)(_TWO),
    )


@_program
def custom_jvp_twice(eqx: ModuleType) -> Any:
    return eqx.filter_grad(eqx.filter_grad(_cube(eqx)))(_TWO), eqx.filter_hessian(_cube(eqx))(_TWO)


@_program
def custom_jvp_within_others(eqx: ModuleType) -> Any:
    cube = _cube(eqx)

    def step(carry: Any, _: Any) -> Any:
        return carry + eqx.filter_vmap(eqx.filter_grad(cube))(carry), None

    scanned = eqx.filter_jit(lambda x: jax.lax.scan(step, x, None, length=2))(_X)
    return scanned, eqx.filter_grad(lambda x: eqx.filter_vmap(cube)(x).sum())(_X)


@_program
def custom_jvp_of_each_dtype(eqx: ModuleType) -> Any:
    with jax.enable_x64(True):
        return [eqx.filter_grad(_cube(eqx))(jnp.array(2, dtype)) for dtype in _DTYPES]


@_program
def custom_jvp_of_trees(eqx: ModuleType) -> Any:
    @eqx.filter_custom_jvp
    def f(model: Any, x: Any, *rest: Any, **options: Any) -> Any:
        return model(x), options["flag"]

    @f.def_jvp
    def rule(primals: Any, tangents: Any, **options: Any) -> Any:
        model, x, *rest = primals
        print(rest, tangents[1:], options)
        moved = eqx.filter_jvp(lambda m, x: m(x), (model, x), tangents[:2])
        return (moved[0], options["flag"]), (moved[1], None)

    def loss(model: Any, x: Any) -> Any:
        out, _ = f(model, x, "text", np.ones(2), jax.random.key(0), 3, flag=True)
        return out.sum()

    return (
        eqx.filter_grad(loss)(_mlp(eqx), _X[:2]),
        eqx.filter_jit(eqx.filter_grad(loss))(_mlp(eqx), _X[:2]),
        f(_mlp(eqx), _X[:2], flag=False),
    )


@_program
def custom_jvp_with_nothing_for_a_tangent(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_jvp(lambda x, n: (x, x * n, n, None, 3))
    f.def_jvp(lambda primals, tangents: (f(*primals), (None, tangents[0], None, None, None)))
    return (
        jax.jvp(lambda x: f(x, jnp.array(2)), (_TWO,), (_ONE,)),
        eqx.filter_jvp(lambda x: f(x, jnp.array(2)), (_TWO,), (_ONE,)),
        eqx.filter_jit(f)(_TWO, jnp.array(2)),
    )


@_program
def custom_jvp_of_integers_and_keys(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_jvp(lambda x, n, key: x * n)
    f.def_jvp(lambda p, t: (print(t[1:]) or f(*p), t[0]))
    zero = np.zeros((), jax.dtypes.float0)
    key = jax.random.key(0)
    return (
        jax.jvp(lambda x, n: f(x, n, key), (_TWO, jnp.array(2)), (_ONE, zero)),
        eqx.filter_grad(f)(_TWO, jnp.array(2), key),
    )


@_program
def custom_jvp_without_a_rule(eqx: ModuleType) -> Any:
    return eqx.filter_custom_jvp(lambda x: x)(_ONE)


@_program
def custom_jvp_in_a_keyword(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda n: _cube(eqx)(_TWO, n=n))(_TWO)


@_program
def custom_jvp_with_half_a_rule(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_jvp(lambda x: x)
    f.def_jvp(lambda primals, tangents: primals[0] + tangents[0])
    return eqx.filter_grad(f)(_TWO)


@_program
def custom_jvp_with_a_rule_of_another_structure(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_jvp(lambda x: x)
    f.def_jvp(lambda primals, tangents: (primals[0], (tangents[0], tangents[0])))
    return eqx.filter_grad(f)(_TWO)


@_program
def custom_jvp_with_a_rule_of_another_shape(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_jvp(lambda x: x)
    f.def_jvp(lambda primals, tangents: (primals[0], jnp.ones(3)))
    return eqx.filter_grad(f)(_TWO)


@_program
def custom_jvp_by_the_old_name(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_jvp(lambda x, y, n, s: x * y)
    f.defjvp(lambda p, t: (print(t) or f(*p), 7 * t[0] + t[1]))
    return jax.jvp(lambda x: f(x, _TWO, jnp.array(1), "text"), (_TWO,), (_ONE,))


@_program
def custom_jvp_for_each_argument(eqx: ModuleType) -> Any:
    return eqx.filter_custom_jvp(lambda x: x).defjvps(lambda t, out, x: t)


@_program
def custom_vjp_is_used(eqx: ModuleType) -> Any:
    product = _product(eqx)
    tree = {"a": _X, "i": jnp.arange(2), "f": 2.0, "s": "text", "n": None}
    grad = eqx.filter_grad(lambda tree, y: product(tree, y, name="n")["out"].sum())
    return product(tree, 2.0), grad(tree, 2.0), eqx.filter_jit(grad)(tree, _X)


@_program
def custom_vjp_within_others(eqx: ModuleType) -> Any:
    product = _product(eqx)

    def step(carry: Any, _: Any) -> Any:
        grad = eqx.filter_grad(lambda x: product({"a": x}, 2.0)["out"])
        return carry + eqx.filter_vmap(grad)(carry), None

    return (
        eqx.filter_jit(lambda x: jax.lax.scan(step, x, None, length=2))(_X),
        eqx.filter_grad(eqx.filter_jit(lambda x: product({"a": x}, 2.0)["out"].sum()))(_X),
        eqx.filter_jit(product)({"a": _X}, 2.0, name="text"),
        eqx.filter_vmap(lambda x: product({"a": x}, 2.0))(_X),
    )


@_program
def custom_vjp_of_each_dtype(eqx: ModuleType) -> Any:
    product = _product(eqx)
    with jax.enable_x64(True):
        return [
            eqx.filter_grad(lambda tree: product(tree, 2)["out"])({"a": jnp.array(2, dtype)})
            for dtype in _DTYPES
        ]


@_program
def custom_vjp_of_a_model(eqx: ModuleType) -> Any:
    @eqx.filter_custom_vjp
    def apply(model: Any, x: Any) -> Any:
        return model(x)

    apply.def_fwd(lambda perturbed, model, x: (print(perturbed) or model(x), None))

    @apply.def_bwd
    def backward(residuals: Any, gradient: Any, perturbed: Any, model: Any, x: Any) -> Any:
        _, vjp = eqx.filter_vjp(lambda model: model(x), model)
        return vjp(gradient)[0]

    return eqx.filter_grad(lambda model: apply(model, _X[:2]).sum())(_mlp(eqx))


@_program
def custom_vjp_of_some_of_the_leaves(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda pair: pair[0] * pair[1])
    f.def_fwd(lambda perturbed, pair: (print(perturbed) or pair[0] * pair[1], None))
    f.def_bwd(lambda r, g, p, pair: (g * 7, g * 9))
    return (
        eqx.filter_grad(lambda x: f((x, _TWO)))(_ONE),
        eqx.filter_grad(lambda x: f((_TWO, x)))(_ONE),
        eqx.filter_grad(f)((_ONE, _TWO)),
    )


@_program
def custom_vjp_of_results_that_are_not_used(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda x: (x, 2 * x, jnp.array(1), "s", 2.0))
    f.def_fwd(lambda p, x: ((x, 2 * x, jnp.array(1), "s", 2.0), None))
    f.def_bwd(lambda r, g, p, x: print([each is None for each in g]) or g[1])
    return eqx.filter_grad(lambda x: f(x)[1])(_ONE), eqx.filter_vjp(f, _ONE)[0], f(_ONE)


@_program
def custom_vjp_residuals_of_any_kind(eqx: ModuleType) -> Any:
    key = jax.random.key(0)
    f = eqx.filter_custom_vjp(lambda x: x)
    f.def_fwd(lambda p, x: (x, (x, "s", jnp.sin, 3, None, jnp.arange(2), key)))
    f.def_bwd(lambda r, g, p, x: print(r[1], r[3:5], r[5].shape) or g * r[3] + 0 * r[2](r[0]))
    grad = eqx.filter_grad(f)
    return grad(_ONE), eqx.filter_jit(grad)(_ONE), eqx.filter_vmap(grad)(_X)


@_program
def custom_vjp_with_no_gradient(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda x: x)
    f.def_fwd(lambda p, x: (x, None))
    f.def_bwd(lambda r, g, p, x: None)
    return eqx.filter_grad(f)(_ONE)


@_program
def custom_vjp_twice(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda x: x**3)
    f.def_fwd(lambda p, x: (x**3, x))
    f.def_bwd(lambda r, g, p, x: g * 30 * r**2)
    return eqx.filter_grad(eqx.filter_grad(f))(_TWO)


@_program
def custom_vjp_forwards(eqx: ModuleType) -> Any:
    return eqx.filter_jvp(lambda x: _product(eqx)({"a": x}, 2.0)["out"], (_ONE,), (_ONE,))


@_program
def custom_vjp_without_a_rule(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda x: x)
    f.def_fwd(lambda p, x: (x, None))
    return f(_ONE)


@_program
def custom_vjp_in_another_argument(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda y: _product(eqx)({"a": _ONE}, y)["out"])(_TWO)


@_program
def custom_vjp_in_a_keyword(eqx: ModuleType) -> Any:
    return eqx.filter_grad(lambda n: _product(eqx)({"a": _ONE}, 1, name=n)["out"])(_TWO)


@_program
def custom_vjp_with_a_gradient_of_another_structure(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda x: x)
    f.def_fwd(lambda p, x: (x, None))
    f.def_bwd(lambda r, g, p, x: (g, g))
    return eqx.filter_grad(f)(_ONE)


@_program
def custom_vjp_with_a_gradient_of_another_shape(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda x: x)
    f.def_fwd(lambda p, x: (x, None))
    f.def_bwd(lambda r, g, p, x: jnp.ones(3))
    return eqx.filter_grad(f)(_ONE)


@_program
def custom_vjp_with_half_a_forward_rule(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda x: x)
    f.def_fwd(lambda p, x: x)
    f.def_bwd(lambda r, g, p, x: g)
    return eqx.filter_grad(f)(_ONE)


@_program
def custom_vjp_by_name(eqx: ModuleType) -> Any:
    return _product(eqx)(tree={"a": _ONE}, y=2.0)


@_program
def custom_vjp_by_the_old_name(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda x, y: (x * y, x, "s"))
    f.defvjp(
        lambda x, y: ((x * y, x, "s"), (y, "residual")),
        lambda r, g, x, y: print(r, g, x, y) or g[0] * r[0] * 7 + g[1],
    )
    return eqx.filter_grad(lambda x: f(x, _X[1])[0])(_X[0])


def _residual_type(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_vjp(lambda x: x)
    f.def_fwd(lambda p, x: (x, None))
    f.def_bwd(lambda r, g, p, x: g * 7)
    return jax.grad(f)(1.0)


def _aux_of_any_kind(eqx: ModuleType) -> Any:
    return [each(lambda x: (x, "text"), has_aux=True)(_ONE) for each in _full(eqx)]


def _custom_jvp_of_a_text(eqx: ModuleType) -> Any:
    f = eqx.filter_custom_jvp(lambda x: (x, "text"))
    f.def_jvp(lambda p, t: ((p[0], "text"), (7 * t[0], None)))
    return f(_ONE), eqx.filter_grad(lambda x: f(x)[0])(_ONE)


# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "custom vjp of a Python number": (
        _residual_type,
        jax.grad(lambda x: 7.0 * x)(1.0),
        "Equinox takes the number for a static one, and its gradient for zero",
    ),
    "full derivatives with aux of any kind": (
        _aux_of_any_kind,
        [
            (jax.jacfwd(lambda x: x)(_ONE), "text"),
            (jax.jacrev(lambda x: x)(_ONE), "text"),
            (jax.hessian(lambda x: x)(_ONE), "text"),
        ],
        "Equinox asks for arrays",
    ),
    "custom jvp of a text": (
        _custom_jvp_of_a_text,
        ((_ONE, "text"), jax.grad(lambda x: 7 * x)(_ONE)),
        "Equinox asks for arrays",
    ),
    "jacrev of an integer in an integer": (
        lambda eqx: eqx.filter_jacrev(lambda x: x)(jnp.arange(2)),
        ValueError,
        "Equinox says what is wrong with the result; there is nothing to differentiate in",
    ),
    "jacfwd with aux that is no pair": (
        lambda eqx: eqx.filter_jacfwd(lambda x: x, has_aux=True)(jnp.ones(2)),
        TypeError,
        "Equinox takes an array of two for a pair",
    ),
}
