import argparse

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import optax
from towers import make_retrieval


def contrastive(model, user, item):
    scores = model(user, item)
    return optax.softmax_cross_entropy_with_integer_labels(scores, jnp.arange(len(user))).mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--lr", type=float, default=1e-2)
    args = parser.parse_args()

    user_key, noise_key = jr.split(jr.PRNGKey(0))
    user = jr.normal(user_key, (32, 6))
    item = user[:, ::-1] + 0.1 * jr.normal(noise_key, (32, 6))
    model = make_retrieval(6, seed=1)
    optim = optax.sgd(args.lr)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state):
        loss, grads = eqx.filter_value_and_grad(contrastive)(model, user, item)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(args.steps):
        model, opt_state, loss = step(model, opt_state)
    print("contrastive loss", loss)


if __name__ == "__main__":
    main()
