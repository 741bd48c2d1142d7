import functools

import jax
import jax.numpy as jnp
import optax


class Fitter:
    def __init__(self, degree, rate):
        self.degree = degree
        self.tx = optax.adam(rate)

    def init(self):
        params = jnp.zeros(self.degree + 1)
        return params, self.tx.init(params)

    def predict(self, params, x):
        return jnp.polyval(params, x)

    @functools.partial(jax.jit, static_argnums=0)
    def step(self, params, opt_state, x, y):
        def loss_fn(params):
            return jnp.mean((self.predict(params, x) - y) ** 2)

        loss, grads = jax.value_and_grad(loss_fn)(params)
        updates, opt_state = self.tx.update(grads, opt_state)
        return optax.apply_updates(params, updates), opt_state, loss


fitter = Fitter(degree=3, rate=5e-2)
x = jnp.linspace(-1.0, 1.0, 60)
y = jnp.tanh(3 * x)
params, opt_state = fitter.init()
for _ in range(40):
    params, opt_state, loss = fitter.step(params, opt_state, x, y)
print(params, loss)
