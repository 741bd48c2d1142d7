import dataclasses
from functools import partial

import jax
import jax.numpy as jnp


@partial(
    jax.tree_util.register_dataclass, data_fields=["weight"], meta_fields=["times", "mode"]
)
@dataclasses.dataclass
class Smooth:
    weight: jax.Array
    times: int
    mode: str

    def __call__(self, x):
        x = self.weight**self.times * x
        return x if self.mode == "sum" else x / self.times


model = Smooth(jnp.asarray(0.5), 3, "sum")
