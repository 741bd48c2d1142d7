import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Edges(eqx.Module):
    conv: eqx.nn.Conv2d
    head: eqx.nn.Linear

    def __init__(self, *, key):
        conv_key, head_key = jr.split(key)
        self.conv = eqx.nn.Conv2d(1, 3, 3, padding=1, key=conv_key)
        self.head = eqx.nn.Linear(3, "scalar", key=head_key)

    def __call__(self, image):
        return self.head(jnp.abs(self.conv(image)).mean(axis=(1, 2)))


@eqx.filter_jit
def sharpness(model, images):
    return jax.vmap(model)(images)


model_key, image_key = jr.split(jr.key(0))
model = Edges(key=model_key)
images = jr.uniform(image_key, (16, 10, 10))
print(sharpness(model, images).mean())
