import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Wide(eqx.Module):
    lift: eqx.nn.Linear
    drop: eqx.nn.Linear

    def __init__(self, n_in, width, n_out, *, key):
        lift_key, drop_key = jr.split(key)
        self.lift = eqx.nn.Linear(n_in, width, key=lift_key)
        self.drop = eqx.nn.Linear(width, n_out, use_bias=False, key=drop_key)

    def __call__(self, batch):
        hidden = jax.nn.silu(batch @ self.lift.weight.T + self.lift.bias)
        return jnp.einsum("bh,oh->bo", hidden, self.drop.weight)


def main():
    model_key, batch_key = jr.split(jr.PRNGKey(0))
    model = Wide(3, 32, 3, key=model_key)
    batch = jr.normal(batch_key, (100, 3))
    crossed = jnp.cross(batch, jnp.array([1.0, 2.0, 3.0]))
    tx = optax.adam(1e-2)
    opt_state = tx.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state):
        def loss_fn(model):
            return jnp.mean(optax.l2_loss(model(batch), crossed))

        loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
        updates, opt_state = tx.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(20):
        model, opt_state, loss = step(model, opt_state)
    print(loss)


if __name__ == "__main__":
    main()
