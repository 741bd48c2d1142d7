"""Gradients of what has none, and rules of one's own that do not fit."""

import jax
import jax.numpy as jnp

from tests.gallery.wrong import wrong


def _linear(eqx):
    return eqx.nn.Linear(2, 2, key=jax.random.key(0))


@wrong(TypeError, where="`loss`", value="(3,)", fix="`jnp.mean(...)`")
def a_loss_of_each_example(eqx):
    def loss(model, x):
        return jnp.sum(jax.vmap(model)(x) ** 2, axis=1)

    eqx.filter_grad(loss)(_linear(eqx), jnp.ones((3, 2)))


@wrong(TypeError, where="`loss`", value="(1,)", fix="`jnp.mean(...)`")
def a_loss_of_length_one(eqx):
    def loss(x):
        return x[:1]

    eqx.filter_value_and_grad(loss)(jnp.ones(2))


@wrong(TypeError, where="`loss`", value="{'accuracy': 1.0}", fix="`has_aux=True`")
def a_loss_with_metrics_without_has_aux(eqx):
    def loss(x):
        return jnp.sum(x), {"accuracy": 1.0}

    eqx.filter_value_and_grad(loss)(jnp.ones(2))


@wrong(TypeError, where="`loss`", value="float32[]", fix="drop `has_aux`")
def a_loss_alone_with_has_aux(eqx):
    def loss(x):
        return jnp.sum(x)

    eqx.filter_value_and_grad(loss, has_aux=True)(jnp.ones(2))


@wrong(TypeError, where="`loss`", value="a tuple of 3", fix="Return `value, aux`")
def a_loss_of_three_with_has_aux(eqx):
    def loss(x):
        return jnp.sum(x), 1, 2

    eqx.filter_grad(loss, has_aux=True)(jnp.ones(2))


@wrong(TypeError, where="`loss`", value="None", fix="its `return` is missing")
def a_loss_without_return(eqx):
    def loss(x):
        jnp.sum(x)

    eqx.filter_grad(loss)(jnp.ones(2))


@wrong(TypeError, where="`loss`", value="int32", fix="floating-point number")
def a_loss_that_counts(eqx):
    def loss(x):
        return jnp.sum(x > 0)

    eqx.filter_grad(loss)(jnp.ones(2))


@wrong(TypeError, where="`loss`", value="complex64", fix="`jnp.real(...)`")
def a_complex_loss(eqx):
    def loss(x):
        return jnp.sum(x * 1j)

    eqx.filter_grad(loss)(jnp.ones(2))


@wrong(TypeError, where="`loss`", value="['model', 'x']", fix="by position")
def a_gradient_for_a_keyword(eqx):
    def loss(model, x):
        return jnp.sum(model(x))

    eqx.filter_grad(loss)(model=_linear(eqx), x=jnp.ones(2))


@wrong(ValueError, where="argnums", value="filter_grad", fix="tuple")
def argnums_given_to_filter_grad(eqx):
    eqx.filter_grad(lambda x, y: x * y, argnums=1)(jnp.array(1.0), jnp.array(2.0))


@wrong(ValueError, where="argument to VJP", value="float32[3]", fix="expected float32[2]")
def a_cotangent_of_another_shape(eqx):
    _, vjp = eqx.filter_vjp(jnp.sin, jnp.ones(2))
    vjp(jnp.ones(3))


@wrong(ValueError, where="argument to a VJP", value="tuple", fix="must match the pytree")
def a_cotangent_of_another_structure(eqx):
    _, vjp = eqx.filter_vjp(jnp.sin, jnp.ones(2))
    vjp((jnp.ones(2),))


@wrong(ValueError, where="`tangents[0]`", value="float32[3]", fix="shape and dtype of its primal")
def a_tangent_of_another_shape(eqx):
    eqx.filter_jvp(jnp.sin, (jnp.ones(2),), (jnp.ones(3),))


@wrong(TypeError, where="`tangents[0]`", value="int32[2]", fix="the shape and dtype of its primal")
def a_tangent_of_another_dtype(eqx):
    eqx.filter_jvp(jnp.sin, (jnp.ones(2),), (jnp.arange(2),))


@wrong(ValueError, where="tangents", value="(*, *)", fix="`None`")
def too_many_tangents(eqx):
    eqx.filter_jvp(jnp.sin, (jnp.ones(2),), (jnp.ones(2), jnp.ones(2)))


@wrong(TypeError, where="`tangents[1]`", value="1.0", fix="`None`")
def a_tangent_for_a_whole_number(eqx):
    eqx.filter_jvp(lambda x, n: x * n, (jnp.ones(2), 3), (jnp.ones(2), 1.0))


@wrong(TypeError, where="`primals`", value="float32[2]", fix="`(x,)`")
def primals_that_are_no_tuple(eqx):
    eqx.filter_jvp(jnp.sin, jnp.ones(2), jnp.ones(2))


@wrong(TypeError, where="`tangents[0].activation`", value="the function relu", fix="`None`")
def tangents_of_a_whole_model(eqx):
    model = eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0))
    eqx.filter_jvp(lambda model: model(jnp.ones(2)), (model,), (model,))


@wrong(TypeError, where="`loss`", value="'word'", fix="`has_aux=True`")
def a_jacobian_of_a_word(eqx):
    def loss(x):
        return "word"

    eqx.filter_jacrev(loss)(jnp.ones(2))


@wrong(TypeError, where="`loss`", value="'word'", fix="`has_aux=True`")
def a_forward_jacobian_of_a_word(eqx):
    def loss(x):
        return "word"

    eqx.filter_jacfwd(loss)(jnp.ones(2))


@wrong(ValueError, where="the first argument", value="3.0", fix="`jnp.asarray`")
def a_hessian_for_a_python_number(eqx):
    eqx.filter_hessian(lambda x: x**2)(3.0)


def _custom(eqx, forward, backward):
    @eqx.filter_custom_vjp
    def square(x):
        return x["a"] ** 2

    square.def_fwd(forward)
    square.def_bwd(backward)
    return eqx.filter_grad(square)({"a": jnp.array(2.0)})


@wrong(TypeError, where="square", value="float32[]", fix="residuals")
def a_forward_rule_without_residuals(eqx):
    _custom(eqx, lambda perturbed, x: x["a"] ** 2, lambda residuals, g, perturbed, x: x)


@wrong(
    RuntimeError,
    where="`square`",
    value="(weak_f32[], weak_f32[])",
    fix="structure of its first",
)
def a_backward_rule_with_a_gradient_of_another_structure(eqx):
    _custom(
        eqx,
        lambda perturbed, x: (x["a"] ** 2, None),
        lambda residuals, g, perturbed, x: (g, g),
    )


@wrong(ValueError, where="['a']", value="(3,)", fix="shape")
def a_backward_rule_with_a_gradient_of_another_shape(eqx):
    _custom(
        eqx,
        lambda perturbed, x: (x["a"] ** 2, None),
        lambda residuals, g, perturbed, x: {"a": jnp.ones(3)},
    )


@wrong(RuntimeError, where="square", value="both rules", fix="`@square.def_bwd`")
def a_rule_without_backward(eqx):
    @eqx.filter_custom_vjp
    def square(x):
        return x**2

    square.def_fwd(lambda perturbed, x: (x**2, None))
    square(jnp.array(2.0))


@wrong(RuntimeError, where="square", value="both rules", fix="`@square.def_fwd`")
def a_rule_without_forward(eqx):
    @eqx.filter_custom_vjp
    def square(x):
        return x**2

    square(jnp.array(2.0))


@wrong(TypeError, where="`square`", value="2 were given", fix="`rule(perturbed, vjp_arg, ")
def a_backward_rule_with_the_arguments_of_jax(eqx):
    @eqx.filter_custom_vjp
    def square(x):
        return x**2

    square.def_fwd(lambda x: (x**2, x))
    square.def_bwd(lambda x, g: (2 * x * g,))
    eqx.filter_grad(square)(jnp.array(2.0))


@wrong(AttributeError, where="`square`", value="before a rule was given", fix="`@square.def_jvp`")
def a_forward_mode_rule_missing(eqx):
    @eqx.filter_custom_jvp
    def square(x):
        return x**2

    eqx.filter_jvp(square, (jnp.array(2.0),), (jnp.array(1.0),))


@wrong(TypeError, where="square", value="float32[]", fix="pair")
def a_forward_mode_rule_without_primal(eqx):
    @eqx.filter_custom_jvp
    def square(x):
        return x**2

    @square.def_jvp
    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        return 2 * x * t

    eqx.filter_jvp(square, (jnp.array(2.0),), (jnp.array(1.0),))
