# says: Python runs turn by turn
import jax
import jax.numpy as jnp


@jax.jit
def running_max(xs):
    rows = [xs[0]]
    for x in xs[1:]:
        rows.append(jnp.maximum(rows[-1], x))
    return jnp.stack(rows)
