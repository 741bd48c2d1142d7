import jax.random as jr
import eqxcore as eqx


class Network(eqx.Module):
    mlp: eqx.nn.MLP

    def __init__(self, in_size, width, out_size, key):
        self.mlp = eqx.nn.MLP(in_size, out_size, width, depth=2, key=key)

    def __call__(self, x):
        return self.mlp(x)
