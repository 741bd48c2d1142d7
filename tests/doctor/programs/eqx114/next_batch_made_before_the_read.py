import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Batches:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.mixing = self.rng.normal(size=(200, 200)) / 14

    def draw(self):
        sources = self.rng.laplace(size=(320, 200))
        mixed = sources @ self.mixing + 0.05 * self.rng.normal(size=sources.shape)
        ranked = np.argsort(np.argsort(mixed, axis=0), axis=0) / 320
        return ranked.astype(np.float32), (sources[:, :5] > 0).astype(np.float32)


class Unmixer(eqx.Module):
    lift: eqx.nn.Linear
    norm: eqx.nn.LayerNorm
    out: eqx.nn.Linear

    def __init__(self, key):
        lift_key, out_key = jax.random.split(key)
        self.lift = eqx.nn.Linear(200, 512, key=lift_key)
        self.norm = eqx.nn.LayerNorm(512)
        self.out = eqx.nn.Linear(512, 5, key=out_key)

    def __call__(self, x):
        return self.out(jnp.tanh(self.norm(self.lift(x))))


@jax.jit
def step(model, opt_state, x, y):
    def loss_fn(model):
        return optax.sigmoid_binary_cross_entropy(jax.vmap(model)(x), y).mean()

    loss, grads = jax.value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


model = Unmixer(jax.random.key(6))
optim = optax.sgd(0.1)
opt_state = optim.init(model)
batches = Batches(seed=6)
batch = batches.draw()
for i in range(20):
    model, opt_state, loss = step(model, opt_state, *batch)
    batch = batches.draw()
    print(f"{i:3d} {loss.item():.4f}")
