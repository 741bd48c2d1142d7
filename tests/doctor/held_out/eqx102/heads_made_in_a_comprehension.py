import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class MultiTask(eqx.Module):
    trunk: eqx.nn.MLP
    heads: list[eqx.nn.MLP]

    def __init__(self, n_in, n_tasks, *, key):
        trunk_key, head_key = jr.split(key)
        act = jax.nn.leaky_relu
        self.trunk = eqx.nn.MLP(n_in, 12, 16, 1, act, act, key=trunk_key)
        self.heads = [eqx.nn.MLP(12, 1, 8, 1, act, key=k) for k in jr.split(head_key, n_tasks)]

    def __call__(self, x):
        features = self.trunk(x)
        return jnp.concatenate([head(features) for head in self.heads])


class Fit:
    def __init__(self, model, rate):
        self.model = model
        self.tx = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(rate))
        self.opt_state = self.tx.init(eqx.filter(model, eqx.is_inexact_array))

        @eqx.filter_jit
        def step(model, opt_state, x, targets):
            def loss_fn(model):
                return jnp.mean((jax.vmap(model)(x) - targets) ** 2)

            loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
            updates, opt_state = self.tx.update(grads, opt_state)
            return eqx.apply_updates(model, updates), opt_state, loss

        self.step = step

    def run(self, x, targets, steps):
        for _ in range(steps):
            self.model, self.opt_state, loss = self.step(self.model, self.opt_state, x, targets)
        return loss


x = jr.normal(jr.key(0), (64, 5))
targets = jnp.stack([x.max(axis=1), x.min(axis=1), x.mean(axis=1)], axis=1)
print(Fit(MultiTask(5, 3, key=jr.key(1)), rate=1e-2).run(x, targets, 12))
