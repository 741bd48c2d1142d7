import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

x_key, model_key = jr.split(jr.PRNGKey(0))
x = jr.normal(x_key, (40, 5))
y = jnp.sum(x, axis=1)

model = eqx.nn.MLP(4, "scalar", width_size=8, depth=1, key=model_key)
optim = optax.adam(1e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def step(model, opt_state, x, y):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = loss_fn(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(10):
    model, opt_state, loss = step(model, opt_state, x, y)
print(loss)
