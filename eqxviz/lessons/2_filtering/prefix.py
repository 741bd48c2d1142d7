import jax
import jax.random as jr

import eqxcore as eqx

encoder_key, decoder_key = jr.split(jr.key(0))
model = {
    "encoder": eqx.nn.Linear(4, 2, key=encoder_key),
    "decoder": eqx.nn.MLP(
        2, 4, width_size=8, depth=2, key=decoder_key
    ),
}

spec = {"encoder": False, "decoder": eqx.is_array}
chosen = eqx.filter(model, spec)
print(len(jax.tree.leaves(chosen)), "leaves are chosen")
