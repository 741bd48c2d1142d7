import functools

import jax
import jax.numpy as jnp


@functools.partial(jax.jit, static_argnames=("kind", "n_steps"))
def integrate(state, rate, kind, n_steps):
    def slope(s):
        return jnp.stack([rate * (s[1] - s[0]), s[0] * (2.0 - s[1])])

    def turn(s, _):
        if kind == "euler":
            return s + 0.01 * slope(s), None
        middle = s + 0.005 * slope(s)
        return s + 0.01 * slope(middle), None

    return jax.lax.scan(turn, state, None, length=n_steps)[0]


state = jnp.array([1.0, 0.5])
for rate in jnp.linspace(0.5, 1.5, 6):
    state = integrate(state, rate, kind="midpoint", n_steps=50)
print(state)
print(integrate(state, jnp.array(1.0), kind="euler", n_steps=50))
