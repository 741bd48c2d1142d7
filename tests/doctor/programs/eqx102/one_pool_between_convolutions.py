import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


def cnn(key):
    first, second, last = jr.split(key, 3)
    pool = eqx.nn.MaxPool2d(2, 2)
    relu = eqx.nn.Lambda(jax.nn.relu)
    return eqx.nn.Sequential(
        [
            eqx.nn.Conv2d(1, 4, 3, key=first),
            relu,
            pool,
            eqx.nn.Conv2d(4, 4, 3, key=second),
            relu,
            pool,
            eqx.nn.Lambda(jnp.ravel),
            eqx.nn.Linear(16, 2, key=last),
        ]
    )


@eqx.filter_jit
def predict(model, images):
    return jax.vmap(model)(images).argmax(axis=-1)


model_key, image_key = jr.split(jr.key(30))
model = cnn(model_key)
stream = jr.uniform(image_key, (6, 16, 1, 14, 14))
predictions = [predict(model, images) for images in stream]
print(jnp.stack(predictions).mean(axis=1))
