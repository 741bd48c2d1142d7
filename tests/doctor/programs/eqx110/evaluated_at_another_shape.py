import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Net(eqx.Module):
    layers: list
    drop: eqx.nn.Dropout

    def __init__(self, key):
        k1, k2 = jax.random.split(key)
        self.layers = [eqx.nn.Linear(6, 24, key=k1), eqx.nn.Linear(24, 3, key=k2)]
        self.drop = eqx.nn.Dropout(0.1)

    def __call__(self, x, *, key=None):
        x = jax.nn.relu(self.layers[0](x))
        return self.layers[1](self.drop(x, key=key))


@eqx.filter_jit
def step(model, opt_state, x, y, key):
    def loss_fn(model):
        keys = jax.random.split(key, len(x))
        logits = jax.vmap(lambda x, k: model(x, key=k))(x, keys)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    grads = eqx.filter_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state


@eqx.filter_jit
def evaluate(model, x, y):
    logits = jax.vmap(model)(x)
    return jnp.mean(logits.argmax(axis=-1) == y)


rng = np.random.default_rng(7)
x = rng.normal(size=(520, 6)).astype(np.float32)
y = x[:, :3].argmax(axis=1)
x_train, y_train, x_test, y_test = x[:400], y[:400], x[400:], y[400:]

model_key, train_key = jax.random.split(jax.random.key(7))
model = Net(model_key)
optim = optax.sgd(0.2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for i, key in enumerate(jax.random.split(train_key, 40), 1):
    pick = rng.choice(len(x_train), size=50, replace=False)
    model, opt_state = step(model, opt_state, x_train[pick], y_train[pick], key)
    if i % 20 == 0:
        inference = eqx.nn.inference_mode(model)
        on_train = evaluate(inference, x_train, y_train)
        print(f"{i}: train {on_train:.2f}, test {evaluate(inference, x_test, y_test):.2f}")
