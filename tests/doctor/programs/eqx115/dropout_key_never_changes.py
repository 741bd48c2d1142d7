import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Classifier(eqx.Module):
    layers: list
    dropout: eqx.nn.Dropout

    def __init__(self, key):
        k1, k2 = jr.split(key)
        self.layers = [eqx.nn.Linear(5, 32, key=k1), eqx.nn.Linear(32, 3, key=k2)]
        self.dropout = eqx.nn.Dropout(0.3)

    def __call__(self, x, key):
        hidden = jax.nn.relu(self.layers[0](x))
        return self.layers[1](self.dropout(hidden, key=key))


@eqx.filter_value_and_grad
def compute_loss(model, x, y, key):
    keys = jr.split(key, x.shape[0])
    logits = jax.vmap(model)(x, keys)
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


@eqx.filter_jit
def make_step(model, opt_state, x, y, key):
    loss, grads = compute_loss(model, x, y, key)
    updates, opt_state = optim.update(grads, opt_state)
    model = eqx.apply_updates(model, updates)
    return model, opt_state, loss


data_key, model_key, dropout_key = jr.split(jr.PRNGKey(42), 3)
x = jr.normal(data_key, (48, 5))
y = jnp.argmax(x[:, :3], axis=1)
model = Classifier(model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for epoch in range(25):
    model, opt_state, loss = make_step(model, opt_state, x, y, dropout_key)
print("loss", loss)
