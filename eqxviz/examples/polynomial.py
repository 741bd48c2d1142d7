"""Fit a polynomial with a small neural network.

The data are noisy samples of a cubic. The network knows nothing of polynomials: it sees only the
points, and learns the curve from them by gradient descent.

    python polynomial.py --steps 1500
"""

import argparse

import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jax import Array

import eqxcore as eqx

COEFFICIENTS = (0.5, -1.0, -2.0, 1.5)  # of 1, x, x² and x³
NOISE = 0.05
BATCH_SIZE = 64
OPTIMISER = optax.adam(3e-3)


def polynomial(x: Array) -> Array:
    """Evaluate the curve that the network has to find."""
    return jnp.polyval(jnp.array(COEFFICIENTS[::-1]), x)


def make_data(key: Array, n_points: int = 512) -> tuple[Array, Array]:
    """Return points on [-1, 1] and noisy values of the polynomial there, each of shape (n, 1)."""
    x_key, noise_key = jr.split(key)
    x = jr.uniform(x_key, (n_points, 1), minval=-1.0, maxval=1.0)
    y = polynomial(x) + NOISE * jr.normal(noise_key, (n_points, 1))
    return x, y


def make_model(key: Array | None = None) -> eqx.nn.MLP:
    """Return an untrained network from one number to one number."""
    key = jr.key(0) if key is None else key
    return eqx.nn.MLP(
        in_size=1, out_size=1, width_size=32, depth=2, activation=jax.nn.tanh, key=key
    )


def loss_fn(model: eqx.nn.MLP, x: Array, y: Array) -> Array:
    """Return the mean squared error over a batch."""
    predicted = jax.vmap(model)(x)
    return jnp.mean((predicted - y) ** 2)


@eqx.filter_jit
def make_step(
    model: eqx.nn.MLP, opt_state: optax.OptState, x: Array, y: Array
) -> tuple[Array, eqx.nn.MLP, optax.OptState]:
    """Take one step of gradient descent."""
    # The activation function is a leaf of the model as well: `filter_value_and_grad`
    # differentiates the floating-point arrays and leaves everything else alone.
    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates, opt_state = OPTIMISER.update(gradients, opt_state)
    model = eqx.apply_updates(model, updates)
    return loss, model, opt_state


def train(n_steps: int, print_every: int = 100) -> eqx.nn.MLP:
    """Train a new network for `n_steps` steps and return it."""
    data_key, model_key, batch_key = jr.split(jr.key(2026), 3)
    x, y = make_data(data_key)
    model = make_model(model_key)
    opt_state = OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))

    for step in range(n_steps):
        rows = jr.choice(jr.fold_in(batch_key, step), len(x), (BATCH_SIZE,))
        loss, model, opt_state = make_step(model, opt_state, x[rows], y[rows])
        if step % print_every == 0 or step == n_steps - 1:
            print(f"step {step:5d}  loss {loss:.5f}", flush=True)
    return model


def main() -> None:
    """Train, then compare the network with the polynomial at a few points."""
    parser = argparse.ArgumentParser(description="Fit a polynomial with a small neural network.")
    parser.add_argument("--steps", type=int, default=1500, help="how many steps to train")
    model = train(parser.parse_args().steps)

    print("\n     x   network   polynomial")
    for x in jnp.linspace(-1.0, 1.0, 5):
        print(f"{x:6.2f}  {model(x[None])[0]:8.3f}   {polynomial(x):10.3f}")


if __name__ == "__main__":
    main()
