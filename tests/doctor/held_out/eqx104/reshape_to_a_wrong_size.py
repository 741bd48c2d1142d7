import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Decoder(eqx.Module):
    grow: eqx.nn.Linear
    paint: eqx.nn.ConvTranspose2d

    def __init__(self, latent, *, key):
        grow_key, paint_key = jr.split(key)
        self.grow = eqx.nn.Linear(latent, 4 * 3 * 3, key=grow_key)
        self.paint = eqx.nn.ConvTranspose2d(4, 1, kernel_size=4, stride=2, key=paint_key)

    def __call__(self, z):
        seed = jax.nn.relu(self.grow(z)).reshape(4, 4, 4)
        return jax.nn.sigmoid(self.paint(seed))


@eqx.filter_jit
def sample(decoder, key, n):
    return jax.vmap(decoder)(jr.normal(key, (n, 5)))


decoder_key, z_key = jr.split(jr.key(0))
pictures = sample(Decoder(5, key=decoder_key), z_key, 8)
print(pictures.shape, jnp.mean(pictures))
