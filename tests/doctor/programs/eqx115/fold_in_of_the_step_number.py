import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class NoisyMLP(eqx.Module):
    mlp: eqx.nn.MLP
    dropout: eqx.nn.Dropout

    def __call__(self, x, key):
        return self.mlp(self.dropout(x, key=key))


def main():
    data_key, model_key, base_key = jr.split(jr.PRNGKey(31), 3)
    x = jr.normal(data_key, (64, 6))
    y = x[:, 0] * x[:, 1]
    model = NoisyMLP(eqx.nn.MLP(6, "scalar", 16, 1, key=model_key), eqx.nn.Dropout(0.1))
    optim = optax.adam(3e-3)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state, count):
        key = jr.fold_in(base_key, count)

        def loss_fn(model):
            return jnp.mean((jax.vmap(model)(x, jr.split(key, len(x))) - y) ** 2)

        loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, count + 1, loss

    count = jnp.array(0)
    for _ in range(20):
        model, opt_state, count, loss = step(model, opt_state, count)
    print("steps", count, "loss", loss)


if __name__ == "__main__":
    main()
