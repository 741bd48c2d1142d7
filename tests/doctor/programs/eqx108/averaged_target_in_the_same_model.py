import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class SelfDistillation(eqx.Module):
    online: eqx.nn.MLP
    predictor: eqx.nn.Linear
    target: eqx.nn.MLP

    def __init__(self, size, latent, *, key):
        ko, kp, kt = jr.split(key, 3)
        self.online = eqx.nn.MLP(size, latent, 16, 1, key=ko)
        self.predictor = eqx.nn.Linear(latent, latent, key=kp)
        self.target = eqx.nn.MLP(size, latent, 16, 1, key=kt)

    def loss(self, first, second):
        predicted = self.predictor(self.online(first))
        wanted = jax.lax.stop_gradient(self.target(second))
        return 2 - 2 * jnp.vdot(predicted, wanted) / (
            jnp.linalg.norm(predicted) * jnp.linalg.norm(wanted) + 1e-6
        )

    def follow(self, rate):
        new = eqx.filter(self.online, eqx.is_inexact_array)
        old, static = eqx.partition(self.target, eqx.is_inexact_array)
        mixed = jax.tree.map(lambda o, n: (1 - rate) * o + rate * n, old, new)
        return eqx.tree_at(lambda m: m.target, self, eqx.combine(mixed, static))


@eqx.filter_jit
def step(model, opt_state, x, key):
    first_key, second_key = jr.split(key)
    views = [x + 0.1 * jr.normal(k, x.shape) for k in (first_key, second_key)]

    def loss_fn(model):
        return jax.vmap(model.loss)(*views).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates).follow(0.05), opt_state, loss


data_key, model_key, train_key = jr.split(jr.PRNGKey(61), 3)
x = jr.normal(data_key, (48, 6))
model = SelfDistillation(6, 4, key=model_key)
optim = optax.adam(3e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for key in jr.split(train_key, 12):
    model, opt_state, loss = step(model, opt_state, x, key)
print("loss", loss)
