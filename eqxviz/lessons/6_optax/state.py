import jax
import jax.random as jr
import optax

import eqxcore as eqx

optim = optax.adam(0.01)
mlp = eqx.nn.MLP(2, 1, 8, 2, key=jr.key(0))
opt_state = optim.init(eqx.filter(mlp, eqx.is_inexact_array))

# Both in one PyTree, to see them side by side.
model = {"mlp": mlp, "opt_state": opt_state}
print(len(jax.tree.leaves(opt_state)), "arrays in the state")
