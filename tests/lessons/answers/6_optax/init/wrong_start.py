# says: failed, MLP
import jax.random as jr
import optax

import eqxcore as eqx

optim = optax.adam(0.01)


def start(model):
    return optim.init(model)


opt_state = start(eqx.nn.Linear(2, 1, key=jr.key(0)))
eqx.tree_pprint(opt_state)
