"""Layer normalisation with the epsilon added to the deviation: finite forward, NaN gradient."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Norm(eqx.Module):
    gain: jax.Array
    eps: float = 1e-5

    def __call__(self, x):
        deviation = jnp.std(x)
        return self.gain * (x - x.mean()) / (deviation + self.eps)


class Net(eqx.Module):
    first: eqx.nn.Linear
    norm: Norm
    last: eqx.nn.Linear

    def __call__(self, x):
        return self.last(self.norm(self.first(x)))


@eqx.filter_jit
def train_step(net, x, y):
    loss, grads = eqx.filter_value_and_grad(lambda net: jnp.mean((jax.vmap(net)(x) - y) ** 2))(net)
    return eqx.apply_updates(net, jax.tree.map(lambda g: -1e-2 * g, grads)), loss


rng = np.random.default_rng(68)
k1, k2 = jr.split(jr.key(0))
net = Net(eqx.nn.Linear(4, 8, use_bias=False, key=k1), Norm(jnp.ones(8)), eqx.nn.Linear(8, "scalar", key=k2))
for i in range(20):
    x = rng.normal(size=(6, 4)).astype(np.float32)
    if i == 17:
        x[0] = 0.0
    net, loss = train_step(net, jnp.asarray(x), jnp.ones(6))
    print(i, loss)
