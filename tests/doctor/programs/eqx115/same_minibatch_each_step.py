import argparse
from functools import partial

import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def mse(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def build_step(optim, batch_size):
    @eqx.filter_jit
    def step(model, opt_state, x, y, key):
        rows = jr.choice(key, x.shape[0], (batch_size,), replace=False)
        grad_fn = eqx.filter_value_and_grad(partial(mse, x=x[rows], y=y[rows]))
        loss, grads = grad_fn(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    return step


def main(args):
    x_key, model_key, batch_key = jr.split(jr.PRNGKey(args.seed), 3)
    x = jr.uniform(x_key, (256, 2), minval=-2, maxval=2)
    y = jnp.sin(x[:, 0]) * x[:, 1]
    model = eqx.nn.MLP(2, "scalar", 24, 2, key=model_key)
    optim = optax.adam(args.lr)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    step = build_step(optim, args.batch_size)
    for _ in range(args.steps):
        model, opt_state, loss = step(model, opt_state, x, y, batch_key)
    print("loss", loss)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=3e-3)
    main(parser.parse_args())
