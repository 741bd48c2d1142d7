import jax
import jax.numpy as jnp
import optax


def response(params, frequency):
    """A sum of resonances with complex poles and residues."""
    return jnp.sum(params["residue"] / (1j * frequency[:, None] - params["pole"]), axis=-1)


@jax.jit
def step(params, opt_state, frequency, measured):
    def misfit(p):
        return jnp.mean(jnp.abs(response(p, frequency) - measured) ** 2)

    loss, grads = jax.value_and_grad(misfit)(params)
    grads = jax.tree.map(jnp.conj, grads)
    updates, opt_state = tx.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


frequency = jnp.linspace(0.1, 5.0, 120)
true = {
    "residue": jnp.array([1.0 + 0.5j, 0.3 - 0.2j]),
    "pole": jnp.array([-0.3 + 1.0j, -0.5 + 3.0j]),
}
measured = response(true, frequency)
params = {
    "residue": jnp.array([0.8 + 0.0j, 0.5 + 0.0j]),
    "pole": jnp.array([-0.4 + 1.2j, -0.4 + 2.7j]),
}
tx = optax.adam(2e-2)
opt_state = tx.init(params)
for _ in range(30):
    params, opt_state, loss = step(params, opt_state, frequency, measured)
print(params["pole"], loss)
