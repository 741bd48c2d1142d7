import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


def cross_entropy(model, x, y):
    logits = jax.vmap(model)(x)
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def train_on(model, opt_state, optim, x, y):
    @eqx.filter_jit
    def step(model, opt_state, x, y):
        loss, grads = eqx.filter_value_and_grad(cross_entropy)(model, x, y)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    return step(model, opt_state, x, y)


def main():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(6, 24, 7)).astype(np.float32)
    y = (x.sum(axis=-1) > 0).astype(np.int32)
    conv_key, head_key = jax.random.split(jax.random.PRNGKey(4))
    model = eqx.nn.Sequential(
        [
            eqx.nn.Lambda(lambda v: v[None]),
            eqx.nn.Conv1d(1, 3, 3, key=conv_key),
            eqx.nn.Lambda(jnp.ravel),
            eqx.nn.Lambda(jax.nn.relu),
            eqx.nn.Linear(15, 2, key=head_key),
        ]
    )
    optim = optax.sgd(0.1, momentum=0.9)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    losses = []
    for i in range(len(x)):
        model, opt_state, loss = train_on(model, opt_state, optim, x[i], y[i])
        losses.append(loss)
    print("losses", losses[0], losses[-1])


if __name__ == "__main__":
    main()
