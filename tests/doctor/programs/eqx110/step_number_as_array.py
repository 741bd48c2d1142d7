import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Model(eqx.Module):
    weight: jax.Array
    bias: jax.Array

    def __call__(self, x):
        return jax.nn.sigmoid(self.weight @ x + self.bias)


@eqx.filter_jit
def train_step(model, opt_state, x, y, iteration):
    def loss_fn(model):
        return -jnp.mean(jnp.log(1e-6 + jnp.abs(jax.vmap(model)(x) - (1 - y))))

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    warmup = jnp.minimum(1.0, (iteration + 1) / 10)
    grads = jax.tree.map(lambda g: warmup * g, grads)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(0)
x = rng.normal(size=(64, 5)).astype(np.float32)
y = (x[:, 0] > x[:, 1]).astype(np.float32)
model = Model(jnp.zeros(5), jnp.zeros(()))
optim = optax.sgd(0.5)
opt_state = optim.init(model)
for iteration in np.arange(25, dtype=np.int32):
    model, opt_state, loss = train_step(model, opt_state, x, y, np.asarray(iteration))
print("loss", loss)
