# says: returned, where they are kept
import jax
import eqxcore as eqx

MODES = {}


class Smooth(eqx.Module):
    weight: jax.Array
    times: int = eqx.field(static=True)

    def __init__(self, weight, times, mode):
        self.weight = weight
        self.times = times
        MODES["last"] = mode

    @property
    def mode(self):
        return MODES["last"]

    def __call__(self, x):
        for _ in range(self.times):
            x = self.weight * x
        return x
