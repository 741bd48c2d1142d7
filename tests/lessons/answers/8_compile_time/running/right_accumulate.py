import jax
import jax.numpy as jnp


running_max = jax.jit(jnp.maximum.accumulate)
