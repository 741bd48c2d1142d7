import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Counter(eqx.Module):
    """Says after each sequence of bits whether it held an odd number of ones."""

    cell: eqx.nn.GRUCell
    head: eqx.nn.Linear

    def __init__(self, hidden, *, key):
        ckey, hkey = jax.random.split(key)
        self.cell = eqx.nn.GRUCell(1, hidden, key=ckey)
        self.head = eqx.nn.Linear(hidden, "scalar", key=hkey)

    def __call__(self, bits):
        hidden = jnp.zeros(self.cell.hidden_size)
        for t in range(bits.shape[0]):
            hidden = self.cell(bits[t], hidden)
        return self.head(hidden)


def make_batch(rng, n=32, length=12):
    bits = rng.integers(0, 2, size=(n, length, 1))
    parity = bits.sum(axis=(1, 2)) % 2
    return bits.astype(np.float32), parity.astype(np.float32)


@eqx.filter_value_and_grad
def loss_fn(model, bits, parity):
    return optax.sigmoid_binary_cross_entropy(jax.vmap(model)(bits), parity).mean()


def main():
    rng = np.random.default_rng(5)
    model = Counter(12, key=jax.random.PRNGKey(0))
    optim = optax.sgd(0.1)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def make_step(model, opt_state, bits, parity):
        loss, grads = loss_fn(model, bits, parity)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(10):
        model, opt_state, loss = make_step(model, opt_state, *make_batch(rng))
    print("loss", loss)


if __name__ == "__main__":
    main()
