import jax
import jax.numpy as jnp
import jax.random as jr


def make_params(key):
    """Stands in for parameters that were fitted elsewhere."""
    k1, k2 = jr.split(key)
    return {
        "features": {"w": jr.normal(k1, (6, 12)), "b": jnp.zeros(12)},
        "classes": {"w": jr.normal(k2, (12, 4)), "b": jnp.zeros(4)},
    }


@jax.jit
def predict(params, x):
    hidden = jax.nn.relu(x @ params["features"]["w"] + params["features"]["b"])
    logits = hidden @ params["classes"]["w"] + params["classes"]["b"]
    return jnp.argmax(logits, axis=-1), jnp.max(jax.nn.softmax(logits), axis=-1)


def main():
    param_key, data_key = jr.split(jr.PRNGKey(1))
    params = make_params(param_key)
    answers = []
    for batch_key in jr.split(data_key, 8):
        labels, confidence = predict(params, jr.normal(batch_key, (32, 6)))
        answers.append((labels, confidence))
    print("mean confidence", jnp.mean(jnp.stack([c for _, c in answers])))


main()
