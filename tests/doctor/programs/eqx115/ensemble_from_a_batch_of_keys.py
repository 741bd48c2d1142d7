import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

MEMBERS = 4


@eqx.filter_vmap
def make_ensemble(key):
    return eqx.nn.MLP("scalar", "scalar", 12, 2, jnp.tanh, key=key)


def member_loss(model, x, y, key):
    noisy = y + 0.05 * jr.normal(key, y.shape)
    return jnp.mean((jax.vmap(model)(x) - noisy) ** 2)


@eqx.filter_jit
def step(ensemble, opt_state, x, y, key):
    def loss_fn(ensemble):
        keys = jr.split(key, MEMBERS)
        return eqx.filter_vmap(member_loss, in_axes=(eqx.if_array(0), None, None, 0))(
            ensemble, x, y, keys
        ).sum()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(ensemble)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(ensemble, updates), opt_state, loss


def main():
    init_key, train_key = jr.split(jr.PRNGKey(99))
    x = jnp.linspace(-1, 1, 30)
    y = x**3
    ensemble = make_ensemble(jr.split(init_key, MEMBERS))
    opt_state = optim.init(eqx.filter(ensemble, eqx.is_inexact_array))
    for key in jr.split(train_key, 15):
        ensemble, opt_state, loss = step(ensemble, opt_state, x, y, key)
    print("loss", loss)


optim = optax.adam(1e-2)
main()
