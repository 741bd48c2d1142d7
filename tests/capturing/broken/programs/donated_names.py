"""A state dict is donated by name; its own running variance is divided by while still 0."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


def init(key):
    return {"w": 0.1 * jr.normal(key, (5,)), "mean": jnp.zeros(5), "mean_sq": jnp.zeros(5), "count": jnp.array(0)}


def normalise(state, x):
    variance = state["mean_sq"] - state["mean"] ** 2
    return (x - state["mean"]) / jnp.where(state["count"] > 0, variance, 1.0)


def track(state, x, decay=0.5):
    mix = lambda old, new: decay * old + (1 - decay) * new  # noqa: E731
    return {**state, "mean": mix(state["mean"], x.mean(0)), "mean_sq": mix(state["mean_sq"], (x**2).mean(0)), "count": state["count"] + 1}


def update(state, x, y):
    def loss_fn(w):
        return jnp.mean((normalise(state, x) @ w - y) ** 2)

    loss, g = jax.value_and_grad(loss_fn)(state["w"])
    return track({**state, "w": state["w"] - 1e-3 * g}, x), loss


update = jax.jit(update, donate_argnames="state")

rng = np.random.default_rng(112)
state = init(jr.key(0))
for n in range(300):
    x = rng.normal(size=(8, 5)).astype(np.float32)
    x[:, 3] *= n > 0  # the fourth sensor starts late, so its variance is 0 after the first batch
    state, loss = update(state=state, x=x, y=x[:, 0])
    print(n, loss)
