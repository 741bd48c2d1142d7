"""What is done with each Python example of the reference documents.

The examples of a document are run one after the other, in one module, as a reader would. An
example may need names that the document does not define, which its prelude does; and one that
only defines something is followed by a use of it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Runs:
    """The example is run, with `prelude` before it and `use` after it."""

    prelude: str = ""
    use: str = ""
    #: How many devices it needs.
    devices: int = 1


@dataclass(frozen=True)
class LeftOut:
    """The example is not run."""

    reason: str


TABLE: dict[str, tuple[Runs | LeftOut, ...]] = {
    "all-of-equinox.md": (
        Runs(),
        Runs(),
        Runs(use="gradients = loss(params, static, x, y)"),
        Runs(use="gradients = loss(model, x, y)"),
    ),
    "faq.md": (
        Runs(
            prelude="""
                import equinox as eqx, jax, jax.numpy as jnp, optax
                learning_rate = 0.1
                model = eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0))
            """
        ),
        Runs(
            prelude="optim = optax.adam(learning_rate)",
            use="state = optim.init(eqx.filter(model, eqx.is_inexact_array))",
        ),
        LeftOut("pseudo-code: `def __init__(...)` is no Python"),
        LeftOut("another library's code: torch"),
        Runs(prelude="input_size, output_size, x = 2, 3, jnp.ones((5, 2))"),
        # Its functions have `...` for a body, so that the gradient of None is asked for.
        Runs(
            prelude="""
                number_of_steps = 2
                dataloader = [(jnp.ones((5, 2)), jnp.ones((5, 2)))] * 2
            """
        ),
        Runs(prelude="my_complicated_function = jnp.sin", use="result = f(jnp.ones(2))"),
        Runs(prelude="x1 = jnp.ones(2)"),
        Runs(),
        Runs(
            prelude="from jax import Array",
            use="""
                model = Model(jnp.array(2.0), jnp.array(3.0))
                gradients = eqx.filter_grad(lambda model: model(4.0))(model)
            """,
        ),
    ),
    "equinox-and-friends.md": (
        Runs(),
        Runs(
            use="""
                weights = {"W1": jnp.ones((1, 3)), "b1": jnp.zeros(3),
                           "W2": jnp.ones((3, 1)), "b2": jnp.zeros(1)}
                predicted = forward(weights, X_norm)
            """
        ),
        Runs(
            prelude="from typing import Any",
            use="""
                model = Model(1, 8, random.key(0))
                predicted = jax.vmap(model)(X_norm)
            """,
        ),
        Runs(use="loss, grad = eqx.filter_value_and_grad(mse)(model, X_norm, y_norm)"),
        LeftOut("pseudo-code: a method without a body is no Python"),
        Runs(prelude="import optax"),
        Runs(),
        Runs(),
        Runs(),
        Runs(use="model, losses = train(model, optim, X_norm, y_norm, num_epochs=4, log_rate=2)"),
        Runs(use="loss = mse(model, X_norm, y_norm)"),
    ),
    "transformations.md": (
        Runs(prelude="import equinox, equinox as eqx, jax, jax.numpy as jnp"),
        # Its function has `...` for a body, which the use gives one.
        Runs(
            use="func = lambda x, y: x * y; gradients = grad_func((jnp.array(2.0), jnp.ones(())))"
        ),
        Runs(),
        # Its rules have `...` for what is to be computed: these are the results they then return.
        Runs(
            prelude="""
                out, residuals = jnp.arange(2.0), (jnp.ones(3), "residual")
                grad_vjp_arg = jnp.ones(2)
            """,
            use="""
                result = fn(jnp.zeros(2), "args", kwargs=None)
                gradient = equinox.filter_grad(lambda x: fn(x, 1).sum())(jnp.zeros(2))
            """,
        ),
        Runs(prelude="from equinox import filter_closure_convert"),
        Runs(),
        Runs(),
        Runs(devices=2),
    ),
}
