import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Classifier(eqx.Module):
    layers: list
    norm: eqx.nn.LayerNorm

    def __init__(self, key):
        keys = jax.random.split(key, 3)
        self.layers = [
            eqx.nn.Linear(8, 32, key=keys[0]),
            eqx.nn.Linear(32, 32, key=keys[1]),
            eqx.nn.Linear(32, 4, key=keys[2]),
        ]
        self.norm = eqx.nn.LayerNorm(32)

    def __call__(self, x):
        x = jax.nn.relu(self.layers[0](x))
        x = jax.nn.relu(self.layers[1](self.norm(x)))
        return self.layers[2](x)


def accuracy(model, x, y):
    return jnp.mean(jnp.argmax(jax.vmap(model)(x), axis=-1) == y)


def main(n_steps=25, batch_size=32):
    rng = np.random.default_rng(11)
    x = rng.normal(size=(512, 8)).astype(np.float32)
    y = np.argmax(x[:, :4], axis=1)

    model = Classifier(jax.random.key(0))
    optim = optax.adamw(5e-3)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state, x, y):
        def loss_fn(model):
            logits = jax.vmap(model)(x)
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

        grads = eqx.filter_grad(loss_fn)(model)
        params = eqx.filter(model, eqx.is_inexact_array)
        updates, opt_state = optim.update(grads, opt_state, params)
        return eqx.apply_updates(model, updates), opt_state

    curve = []
    for _ in range(n_steps):
        pick = rng.integers(0, len(x), size=batch_size)
        model, opt_state = step(model, opt_state, x[pick], y[pick])
        curve.append(accuracy(model, x, y))
    print("accuracy", curve[0], "->", curve[-1])


main()
