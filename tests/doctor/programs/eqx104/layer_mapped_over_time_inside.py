import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Pooler(eqx.Module):
    point: eqx.nn.MLP
    score: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, n_in, *, key):
        point_key, score_key, out_key = jr.split(key, 3)
        self.point = eqx.nn.MLP(n_in, 12, 12, 1, key=point_key)
        self.score = eqx.nn.Linear(12, "scalar", key=score_key)
        self.out = eqx.nn.Linear(12, "scalar", key=out_key)

    def __call__(self, cloud):
        features = jax.vmap(self.point)(cloud)
        weights = jax.nn.softmax(jax.vmap(self.score)(features))
        return self.out(weights @ features)


@eqx.filter_jit
def step(model, opt_state, clouds, radius):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(clouds) - radius) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


model_key, radius_key, cloud_key = jr.split(jr.PRNGKey(6), 3)
radius = jr.uniform(radius_key, (32,), minval=0.5, maxval=2.0)
clouds = radius[:, None, None] * jr.normal(cloud_key, (32, 15, 3))
model = Pooler(3, key=model_key)
optim = optax.sgd(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, opt_state, loss = step(model, opt_state, clouds, radius)
print(loss)
