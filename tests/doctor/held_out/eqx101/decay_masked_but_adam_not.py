import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array


class Stencil(eqx.Module):
    """Learns a finite difference formula on given neighbours."""

    offsets: Array
    weights: Array
    scale: Array

    def __init__(self, reach, key):
        self.offsets = jnp.arange(-reach, reach + 1)
        self.weights = 0.1 * jr.normal(key, (2 * reach + 1,))
        self.scale = jnp.ones(())

    def __call__(self, field):
        n = field.shape[0]
        neighbours = field[(jnp.arange(n)[:, None] + self.offsets) % n]
        return self.scale * (neighbours @ self.weights)


grid = jnp.linspace(0, 2 * jnp.pi, 64, endpoint=False)
phases = jr.uniform(jr.PRNGKey(1), (32, 1), maxval=6.28)
fields, slopes = jnp.sin(grid + phases), jnp.cos(grid + phases)

model = Stencil(2, jr.PRNGKey(2))
params = eqx.filter(model, eqx.is_array)
decayed = jax.tree.map(lambda leaf: leaf.ndim > 0 and leaf.dtype == jnp.float32, params)
optim = optax.chain(optax.masked(optax.add_decayed_weights(1e-4), decayed), optax.adam(2e-2))
opt_state = optim.init(params)


@eqx.filter_jit
def make_step(model, opt_state):
    def loss_fn(m):
        return jnp.mean((jax.vmap(m)(fields) - slopes) ** 2)

    value, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state, eqx.filter(model, eqx.is_array))
    return eqx.apply_updates(model, updates), opt_state, value


for _ in range(30):
    model, opt_state, value = make_step(model, opt_state)
print(f"error {value:.5f}")
