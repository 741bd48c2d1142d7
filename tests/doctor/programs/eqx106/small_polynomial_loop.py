import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Rational(eqx.Module):
    """A learnt rational function: a polynomial over one that has no real root."""

    numerator: jax.Array
    denominator: jax.Array

    def __call__(self, x):
        top = 0.0
        for coefficient in self.numerator:
            top = top * x + coefficient
        bottom = jnp.polyval(self.denominator, x)
        return top / (1 + bottom**2)


@eqx.filter_value_and_grad
def loss_fn(model, x, y):
    return jnp.mean((model(x) - y) ** 2)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = loss_fn(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


x = np.linspace(-1, 1, 101, dtype=np.float32)
y = np.abs(x)
rng = np.random.default_rng(1)
model = Rational(
    jnp.asarray(0.3 * rng.normal(size=9), dtype=jnp.float32),
    jnp.asarray(0.3 * rng.normal(size=4), dtype=jnp.float32),
)
optim = optax.adam(1e-2)
opt_state = optim.init(model)
for _ in range(30):
    model, opt_state, loss = step(model, opt_state, x, y)
print("loss", loss)
