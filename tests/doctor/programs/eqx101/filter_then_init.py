import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

x_key, model_key = jr.split(jr.PRNGKey(0))
x = jr.normal(x_key, (200, 2))
y = (x[:, 0] * x[:, 1] > 0).astype(jnp.float32)

model = eqx.nn.MLP(2, "scalar", 16, 2, activation=jax.nn.gelu, key=model_key)
optim = optax.adamw(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


def loss_fn(model, x, y):
    logits = jax.vmap(model)(x)
    return optax.sigmoid_binary_cross_entropy(logits, y).mean()


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates, opt_state = optim.update(grads, opt_state, eqx.filter(model, eqx.is_inexact_array))
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(30):
    model, opt_state, loss = step(model, opt_state, x, y)
print(loss)
