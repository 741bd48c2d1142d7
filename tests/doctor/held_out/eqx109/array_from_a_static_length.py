import equinox as eqx
import jax
import numpy as np
import optax


class SinusoidalPositions(eqx.Module):
    length: int = eqx.field(static=True)
    size: int = eqx.field(static=True)
    base: float = eqx.field(static=True, converter=float)

    @property
    def table(self):
        position = np.arange(self.length)[:, None]
        rate = np.exp(-np.log(self.base) * np.arange(0, self.size, 2) / self.size)
        angles = position * rate[None, :]
        return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)

    def __call__(self, xs):
        return xs + self.table


class Tagger(eqx.Module):
    embedding: eqx.nn.Embedding
    positions: SinusoidalPositions
    head: eqx.nn.Linear

    def __init__(self, vocabulary, tags, length, size, key):
        ke, kh = jax.random.split(key)
        self.embedding = eqx.nn.Embedding(vocabulary, size, key=ke)
        self.positions = SinusoidalPositions(length, size, np.float64(1e4))
        self.head = eqx.nn.Linear(size, tags, key=kh)

    def __call__(self, tokens):
        return jax.vmap(self.head)(self.positions(jax.vmap(self.embedding)(tokens)))


def main():
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 11, size=(16, 9), dtype=np.int32)
    tags = (tokens + np.arange(9, dtype=np.int32)) % 4
    model = Tagger(11, 4, 9, 8, jax.random.PRNGKey(0))
    optim = optax.adam(1e-2)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    def loss_fn(model, tokens, tags):
        logits = jax.vmap(model)(tokens)
        return optax.softmax_cross_entropy_with_integer_labels(logits, tags).mean()

    @eqx.filter_jit
    def step(model, opt_state, tokens, tags):
        loss, grads = eqx.filter_value_and_grad(loss_fn)(model, tokens, tags)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(15):
        model, opt_state, loss = step(model, opt_state, tokens, tags)
    print("loss", loss)


main()
