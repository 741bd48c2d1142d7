import jax
import jax.numpy as jnp

N = 4


@jax.jit
def run(x, weight, bias):
    for _ in range(N):
        x = jnp.tanh(weight @ x + bias)
    return x


x, weight, bias = jnp.ones(3), 0.1 * jnp.eye(3), jnp.ones(3)
print(run(x, weight, bias))
print("equations:", len(run.trace(x, weight, bias).jaxpr.eqns))
