import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def all_pairs(a):
    return jnp.expand_dims(a, 1) - jnp.expand_dims(a, 0)


def ranking_loss(model, x, relevance):
    scores = jax.vmap(model)(x).squeeze(-1)
    wanted = jnp.sign(all_pairs(relevance))
    losses = jax.nn.softplus(-wanted * all_pairs(scores))
    pairs = jnp.abs(wanted)
    calibration = jnp.mean((scores - relevance) ** 2)
    return jnp.sum(pairs * losses) / jnp.sum(pairs) + 0.1 * calibration


class Ranker:
    def __init__(self, key, features):
        self.model = eqx.nn.MLP(features, 1, 16, 1, jax.nn.elu, key=key)
        self.optim = optax.adamw(1e-2)
        self.opt_state = self.optim.init(eqx.filter(self.model, eqx.is_inexact_array))

    def fit(self, x, relevance, steps):
        optim = self.optim

        @eqx.filter_jit
        def step(model, opt_state):
            loss, grads = eqx.filter_value_and_grad(ranking_loss)(model, x, relevance)
            params = eqx.filter(model, eqx.is_inexact_array)
            updates, opt_state = optim.update(grads, opt_state, params)
            return eqx.apply_updates(model, updates), opt_state, loss

        for _ in range(steps):
            self.model, self.opt_state, loss = step(self.model, self.opt_state)
        return loss


data_key, model_key = jr.split(jr.PRNGKey(88))
x = jr.normal(data_key, (28, 6))
relevance = jnp.round(x[:, 0] + 2 * x[:, 1])
print("loss", Ranker(model_key, 6).fit(x, relevance, steps=15))
