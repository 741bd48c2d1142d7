import equinox as eqx
import jax
import jax.numpy as jnp
import optax


class HeatModel(eqx.Module):
    log_diffusivity: jax.Array
    config: dict = eqx.field(static=True)

    def __call__(self, u0):
        dt = self.config["solver"]["dt"]
        x = self.config["space"]["grid"]
        dx = x[1] - x[0]
        nu = jnp.exp(self.log_diffusivity)

        def euler(u, _):
            laplacian = (jnp.roll(u, 1) - 2 * u + jnp.roll(u, -1)) / dx**2
            return u + dt * nu * laplacian, None

        return jax.lax.scan(euler, u0, length=self.config["solver"]["steps"])[0]


def build(n=32):
    config = {
        "solver": {"name": "euler", "dt": 1e-4, "steps": 40},
        "space": {"periodic": True, "grid": jnp.linspace(0.0, 1.0, n, endpoint=False)},
    }
    model = HeatModel(jnp.array(0.3), config)
    return model, jnp.exp(-50 * (config["space"]["grid"] - 0.5) ** 2)


model, u0 = build()
observed = HeatModel(jnp.array(-0.5), model.config)(u0)
optim = optax.adam(0.1)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def fit(model, opt_state):
    misfit, grads = eqx.filter_value_and_grad(lambda m: jnp.sum((m(u0) - observed) ** 2))(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, misfit


for _ in range(15):
    model, opt_state, misfit = fit(model, opt_state)
print("misfit", misfit, "log diffusivity", model.log_diffusivity)
