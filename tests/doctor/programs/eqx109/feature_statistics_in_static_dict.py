import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Regressor(eqx.Module):
    mlp: eqx.nn.MLP
    stats: dict = eqx.field(static=True)

    def __init__(self, features, key):
        self.stats = {"mean": features.mean(axis=0), "std": features.std(axis=0)}
        self.mlp = eqx.nn.MLP(features.shape[1], "scalar", 16, 2, key=key)

    def __call__(self, x):
        return self.mlp((x - self.stats["mean"]) / self.stats["std"])


def make_data(rng, n=128):
    x = rng.normal(size=(n, 4)).astype(np.float32) * np.array([1, 10, 100, 3], np.float32)
    y = np.sin(x[:, 0]) + 0.01 * x[:, 2]
    return x, y.astype(np.float32)


def main():
    x, y = make_data(np.random.default_rng(0))
    model = Regressor(x, jax.random.PRNGKey(0))
    optim = optax.adam(3e-3)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_value_and_grad
    def mse(model, x, y):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    @eqx.filter_jit
    def train_step(model, opt_state, x, y):
        loss, grads = mse(model, x, y)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(25):
        model, opt_state, loss = train_step(model, opt_state, x, y)
    print(f"loss {loss:.4f}")


if __name__ == "__main__":
    main()
