import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


@eqx.filter_vmap
def make_ensemble(key):
    return eqx.nn.MLP(2, 1, width_size=8, depth=1, activation=jnp.tanh, key=key)


@eqx.filter_jit
def uncertainty(ensemble, x):
    votes = jax.vmap(lambda member, x: jax.vmap(member)(x), in_axes=(0, None))(ensemble, x)
    return votes.mean(axis=0), votes.std(axis=0)


ensemble_key, x_key = jr.split(jr.PRNGKey(0))
ensemble = make_ensemble(jr.split(ensemble_key, 6))
for x in jr.normal(x_key, (5, 30, 2)):
    mean, std = uncertainty(ensemble, x)
print("mean disagreement", std.mean())
