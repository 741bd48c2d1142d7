import jax
import jax.numpy as jnp

import eqxcore as eqx


class Smooth(eqx.Module):
    weight: jax.Array
    times: int = eqx.field(static=True)
    mode: str = eqx.field(static=True)

    def __call__(self, x):
        for _ in range(self.times):
            x = self.weight * x
        return x if self.mode == "sum" else x / self.times


model = Smooth(jnp.asarray(0.5), 3, "sum")
print(jax.tree.leaves(model))


@jax.jit
def run(model, x):
    return model(x)


print(run(model, jnp.ones(2)))
