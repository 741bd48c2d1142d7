import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


def corrupt(rng, n=256, size=256):
    """Smooth images in one dimension, and the same with blocks cut out."""
    clean = np.cumsum(rng.standard_normal((n, size), dtype=np.float32), axis=1)
    clean /= np.abs(clean).max(axis=1, keepdims=True)
    begin = rng.integers(0, size - 40, size=(n, 1))
    place = np.arange(size)
    hole = (place >= begin) & (place < begin + 40)
    noise = 0.05 * rng.standard_normal((n, size), dtype=np.float32)
    return np.where(hole, 0, clean + noise), clean


@eqx.filter_jit
def step(model, opt_state, x, y):
    def loss_fn(model):
        return jnp.mean(optax.huber_loss(jax.vmap(model)(x), y))

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


optim = optax.adam(1e-3)


def main():
    rng = np.random.default_rng(4)
    model = eqx.nn.MLP(256, 256, 384, 2, key=jax.random.PRNGKey(4))
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    history = []
    pending = None
    for _ in range(25):
        batch = corrupt(rng)
        model, opt_state, loss = step(model, opt_state, *batch)
        if pending is not None:
            history.append(float(pending))
        pending = loss
    history.append(float(pending))
    print("losses", history[0], history[-1])


main()
