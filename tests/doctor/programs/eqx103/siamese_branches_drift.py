import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Siamese(eqx.Module):
    left: eqx.nn.MLP
    right: eqx.nn.MLP

    def __call__(self, a, b):
        return jnp.sum((self.left(a) - self.right(b)) ** 2)


@eqx.filter_value_and_grad(has_aux=True)
def contrastive_loss(model, a, b, same):
    distance = jax.vmap(model)(a, b)
    loss = jnp.where(same, distance, jax.nn.relu(1.0 - jnp.sqrt(distance + 1e-6)) ** 2).mean()
    return loss, distance.mean()


def make_pairs(key, n=64):
    a_key, same_key, b_key = jr.split(key, 3)
    a = jr.normal(a_key, (n, 5))
    same = jr.bernoulli(same_key, 0.5, (n,))
    b = jnp.where(same[:, None], a + 0.1, jr.normal(b_key, (n, 5)))
    return a, b, same


def main(steps=12):
    branch_key, pair_key = jr.split(jr.key(20))
    branch = eqx.nn.MLP(5, 3, 16, 1, activation=jnp.tanh, key=branch_key)
    model = Siamese(left=branch, right=branch)
    tx = optax.adam(1e-2)
    state = tx.init(eqx.filter(model, eqx.is_inexact_array))
    pairs = make_pairs(pair_key)

    @eqx.filter_jit
    def step(model, state, a, b, same):
        (loss, _), grads = contrastive_loss(model, a, b, same)
        updates, state = tx.update(grads, state)
        return eqx.apply_updates(model, updates), state, loss

    for _ in range(steps):
        model, state, loss = step(model, state, *pairs)
    apart = jnp.abs(model.left.layers[0].weight - model.right.layers[0].weight).max()
    print(f"loss {loss:.3f}, branches apart by {apart:.4f}")


if __name__ == "__main__":
    main()
