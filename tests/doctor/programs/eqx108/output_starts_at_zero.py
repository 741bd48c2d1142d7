import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Branch(eqx.Module):
    grow: eqx.nn.Linear
    shrink: eqx.nn.Linear

    def __init__(self, size, *, key):
        grow_key, shrink_key = jr.split(key)
        self.grow = eqx.nn.Linear(size, 2 * size, key=grow_key)
        shrink = eqx.nn.Linear(2 * size, size, use_bias=False, key=shrink_key)
        self.shrink = eqx.tree_at(lambda m: m.weight, shrink, jnp.zeros((size, 2 * size)))

    def __call__(self, x):
        return x + self.shrink(jax.nn.gelu(self.grow(x)))


class Flow(eqx.Module):
    branches: list[Branch]

    def __init__(self, size, depth, *, key):
        self.branches = [Branch(size, key=k) for k in jr.split(key, depth)]

    def __call__(self, x):
        for branch in self.branches:
            x = branch(x)
        return x


def main(steps=15):
    x_key, model_key = jr.split(jr.key(44))
    x = jr.normal(x_key, (64, 3))
    y = x + 0.3 * jnp.sin(2 * jnp.roll(x, 1, axis=1))
    model = Flow(3, 3, key=model_key)
    optim = optax.adam(1e-2)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(model, opt_state, x, y):
        def loss_fn(model):
            return jnp.mean((jax.vmap(model)(x) - y) ** 2)

        loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(steps):
        model, opt_state, loss = step(model, opt_state, x, y)
    print("loss", loss)


if __name__ == "__main__":
    main()
