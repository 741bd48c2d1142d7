import equinox as eqx
import jax
import jax.random as jr
import optax
from losses import gaussian_nll


class MeanAndSpread(eqx.Module):
    trunk: eqx.nn.MLP
    mean: eqx.nn.Linear
    log_std: eqx.nn.Linear

    def __init__(self, in_size, width, *, key):
        kt, km, ks = jr.split(key, 3)
        self.trunk = eqx.nn.MLP(in_size, width, width, 1, final_activation=jax.nn.relu, key=kt)
        self.mean = eqx.nn.Linear(width, 1, key=km)
        self.log_std = eqx.nn.Linear(width, 1, key=ks)

    def __call__(self, x):
        hidden = self.trunk(x)
        return self.mean(hidden), self.log_std(hidden)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = eqx.filter_value_and_grad(lambda m: gaussian_nll(*jax.vmap(m)(x), y))(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


kx, kn, km = jr.split(jr.key(14), 3)
x = jr.uniform(kx, (48, 1), minval=-2, maxval=2)
y = x[:, 0] ** 2 + 0.1 * jr.normal(kn, (48,))
model = MeanAndSpread(1, 16, key=km)
optim = optax.adam(5e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, x, y)
print("negative log-likelihood", loss)
