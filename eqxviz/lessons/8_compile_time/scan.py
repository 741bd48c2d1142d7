import jax
import jax.numpy as jnp

N = 4


@jax.jit
def run(x, weight, bias):
    def body(x, _):
        x = jnp.tanh(weight @ x + bias)
        return x, jnp.max(x)

    return jax.lax.scan(body, x, None, length=N)


x, weight, bias = jnp.ones(3), 0.1 * jnp.eye(3), jnp.ones(3)
last, largest = run(x, weight, bias)
print(last, largest.shape)
print(
    "equations outside of the body:",
    len(run.trace(x, weight, bias).jaxpr.eqns),
)
