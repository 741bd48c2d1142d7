import argparse
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import optax


@dataclass(frozen=True)
class Settings:
    activation: str
    width: int
    rate: float


def init(settings, key):
    inner, outer = jax.random.split(key)
    return {
        "inner": jax.random.normal(inner, (2, settings.width)),
        "outer": jax.random.normal(outer, (settings.width,)) / settings.width,
    }


def step(settings, tx, params, opt_state, x, y):
    def loss_fn(params):
        hidden = getattr(jnp, settings.activation)(x @ params["inner"])
        return jnp.mean((hidden @ params["outer"] - y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, opt_state = tx.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--activation", default="tanh")
    parser.add_argument("--width", type=int, default=24)
    parser.add_argument("--rate", type=float, default=2e-2)
    settings = Settings(**vars(parser.parse_args()))

    params_key, x_key = jax.random.split(jax.random.key(1))
    params = init(settings, params_key)
    x = jax.random.normal(x_key, (100, 2))
    y = x[:, 0] - 0.5 * x[:, 1] ** 2
    tx = optax.adam(settings.rate)
    opt_state = tx.init(params)
    train = jax.jit(partial(step, settings, tx))
    for _ in range(25):
        params, opt_state, loss = train(params, opt_state, x, y)
    print(settings.activation, loss)


if __name__ == "__main__":
    main()
