"""Neural cellular dynamics: a distance inside a scan, the gradient goes wrong on the way back."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Follower(eqx.Module):
    gain: jax.Array
    drift: eqx.nn.Linear

    def __init__(self, key):
        self.gain = jnp.array(0.3)
        self.drift = eqx.nn.Linear(2, 2, use_bias=False, key=key)

    def move(self, state, target):
        towards = target - state
        distance = jnp.sqrt(jnp.sum(towards**2))
        state = state + self.gain * towards + 0.0 * self.drift(towards)
        return state, distance

    def __call__(self, start, targets):
        return jax.lax.scan(lambda s, t: self.move(s, t), start, targets)


def loss_fn(model, start, targets):
    _, distances = jax.vmap(model)(start, targets)
    return jnp.mean(distances)


@eqx.filter_jit
def step(model, start, targets):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, start, targets)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.01 * g, grads)), loss


rng = np.random.default_rng(29)
model = Follower(jr.key(1))
for i in range(20):
    start = rng.normal(size=(4, 2)).astype(np.float32)
    targets = rng.normal(size=(4, 10, 2)).astype(np.float32)
    if i == 10:
        targets[2, :4] = start[2]  # it stands on its target
    model, loss = step(model, jnp.asarray(start), jnp.asarray(targets))
    print(i, loss)
