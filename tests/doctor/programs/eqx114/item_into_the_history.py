"""Learns a low-rank factorisation from random samples of a large noisy matrix."""

import argparse

import jax
import jax.numpy as jnp
import numpy as np
import optax


def sample(rng, left, right, n):
    """Rows of the matrix with some entries lost, and which ones."""
    rows = rng.integers(0, len(left), size=n)
    values = left[rows] @ right + 0.1 * rng.standard_normal((n, right.shape[1]), dtype=np.float32)
    seen = rng.random(values.shape, dtype=np.float32) < 0.7
    return rows, np.where(seen, values, 0.0), seen


def loss_fn(params, rows, values, seen):
    guess = jnp.tanh(params["rows"][rows] @ params["mix"]) @ params["columns"]
    return jnp.sum(jnp.where(seen, (guess - values) ** 2, 0.0)) / jnp.sum(seen)


def main(args):
    rng = np.random.default_rng(args.seed)
    left = rng.standard_normal((1000, 4), dtype=np.float32)
    right = rng.standard_normal((4, 600), dtype=np.float32)
    params = {
        "rows": jnp.asarray(0.1 * rng.standard_normal((1000, 32), dtype=np.float32)),
        "mix": jnp.asarray(0.2 * rng.standard_normal((32, 256), dtype=np.float32)),
        "columns": jnp.asarray(0.1 * rng.standard_normal((256, 600), dtype=np.float32)),
    }
    optim = optax.adam(args.lr)
    opt_state = optim.init(params)

    @jax.jit
    def step(params, opt_state, rows, values, seen):
        loss, grads = jax.value_and_grad(loss_fn)(params, rows, values, seen)
        updates, opt_state = optim.update(grads, opt_state)
        return optax.apply_updates(params, updates), opt_state, loss

    losses = []
    for _ in range(args.steps):
        rows, values, seen = sample(rng, left, right, args.batch)
        params, opt_state, loss = step(params, opt_state, rows, values, seen)
        losses.append(loss.item())
    print("losses", round(losses[0], 3), round(losses[-1], 3))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args([]))
