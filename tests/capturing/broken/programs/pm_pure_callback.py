"""A simulator in NumPy is called back from the step and refuses a parameter."""
import jax
import jax.numpy as jnp
import numpy as np


def simulate(viscosity):
    viscosity = float(viscosity)
    if viscosity < 0.195:
        raise ValueError(f"the simulator needs a viscosity of 0.195 or more, not {viscosity:.3f}")
    return np.float32(1.0 / viscosity)


@jax.custom_jvp
def flow(viscosity):
    return jax.pure_callback(simulate, jax.ShapeDtypeStruct((), jnp.float32), viscosity)


@flow.defjvp
def flow_rule(primals, tangents):
    (v,), (t,) = primals, tangents
    out = flow(v)
    return out, -out * out * t


@jax.jit
def step(v, wanted):
    loss, g = jax.value_and_grad(lambda v: (flow(v) - wanted) ** 2)(v)
    return v - 0.01 * jnp.sign(g), loss


v = jnp.array(0.3)
for i in range(30):
    v, loss = step(v, 8.0)
    print(i, float(v), float(loss))
