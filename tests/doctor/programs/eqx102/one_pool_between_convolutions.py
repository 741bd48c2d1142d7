import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


def cnn(key):
    first, second, last = jr.split(key, 3)
    pool = eqx.nn.MaxPool1d(2, 2)
    relu = eqx.nn.Lambda(jax.nn.relu)
    return eqx.nn.Sequential(
        [
            eqx.nn.Conv1d(2, 4, 3, key=first),
            relu,
            pool,
            eqx.nn.Conv1d(4, 4, 3, key=second),
            relu,
            pool,
            eqx.nn.Lambda(jnp.ravel),
            eqx.nn.Linear(24, 2, key=last),
        ]
    )


@eqx.filter_jit
def predict(model, signals):
    return jax.vmap(model)(signals).argmax(axis=-1)


model_key, signal_key = jr.split(jr.key(30))
model = cnn(model_key)
stream = jr.normal(signal_key, (6, 16, 2, 30))
predictions = [predict(model, signals) for signals in stream]
print(jnp.stack(predictions).mean(axis=1))
