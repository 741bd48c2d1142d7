import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def loss_fn(model, x, labels):
    logits = jax.vmap(model)(x)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
    return loss, jnp.mean(jnp.argmax(logits, axis=-1) == labels)


def main():
    model_key, x_key = jr.split(jr.key(0))
    model = eqx.nn.MLP(4, 3, 16, 1, activation=jax.nn.silu, key=model_key)
    x = jr.normal(x_key, (90, 4))
    labels = jnp.arange(90) % 3
    optim = optax.adam(1e-2)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state, x, labels):
        (loss, hits), grads = jax.value_and_grad(loss_fn, has_aux=True)(model, x, labels)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss, hits

    for _ in range(10):
        model, opt_state, loss, hits = step(model, opt_state, x, labels)
    print(loss, hits)


if __name__ == "__main__":
    main()
