import jax
import jax.numpy as jnp
import jax.random as jr
import optax

DT = 0.05


def simulate(params, start, key):
    def langevin(position, key):
        kick = jr.normal(key, position.shape)
        drift = -params["stiffness"] * position + params["push"]
        position = position + DT * drift + jnp.sqrt(DT) * params["noise"] * kick
        return position, position

    return jax.lax.scan(langevin, start, jr.split(key, 40))[1]


def loss_fn(params, start, key):
    paths = simulate(params, start, key)
    return (paths.mean() - 0.7) ** 2 + (paths[20:].var() - 0.2) ** 2


optim = optax.adam(0.05)


@jax.jit
def step(params, opt_state, start, key):
    loss, grads = jax.value_and_grad(loss_fn)(params, start, key)
    updates, opt_state = optim.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


start_key, path_key = jr.split(jr.PRNGKey(6))
start = jr.normal(start_key, (100,))
params = {"stiffness": jnp.array(1.0), "push": jnp.array(0.0), "noise": jnp.array(0.5)}
opt_state = optim.init(params)
for key in jr.split(path_key, 15):
    params, opt_state, loss = step(params, opt_state, start, key)
print(params, loss)
