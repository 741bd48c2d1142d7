import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Codebook(eqx.Module):
    codes: jax.Array

    def __call__(self, z):
        distances = jnp.sum((self.codes - z) ** 2, axis=1)
        index = jnp.argmin(distances)
        return self.codes[index]


class Autoencoder(eqx.Module):
    encoder: eqx.nn.Linear
    codebook: Codebook
    decoder: eqx.nn.MLP

    def __init__(self, size, latent, codes, *, key):
        ke, kc, kd = jr.split(key, 3)
        self.encoder = eqx.nn.Linear(size, latent, key=ke)
        self.codebook = Codebook(jr.normal(kc, (codes, latent)))
        self.decoder = eqx.nn.MLP(latent, size, 16, 1, key=kd)

    def __call__(self, x):
        return self.decoder(self.codebook(self.encoder(x)))


def main():
    data_key, model_key = jr.split(jr.PRNGKey(7))
    centres = jnp.array([[0.0, 2.0, 1.0, 0.0], [1.0, -1.0, 0.0, 2.0], [-2.0, 0.0, 1.0, 1.0]])
    data = jnp.repeat(centres, 20, axis=0) + 0.1 * jr.normal(data_key, (60, 4))
    model = Autoencoder(4, 2, 6, key=model_key)
    optim = optax.adam(5e-3)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state):
        def loss_fn(model):
            return jnp.mean((jax.vmap(model)(data) - data) ** 2)

        loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(25):
        model, opt_state, loss = step(model, opt_state)
    print("loss", loss)


if __name__ == "__main__":
    main()
