import eqxcore as eqx
import jax
import numpy as np
import optax


class Detector(eqx.Module):
    conv: eqx.nn.Conv1d
    head: eqx.nn.Linear

    def __init__(self, *, key):
        conv_key, head_key = jax.random.split(key)
        self.conv = eqx.nn.Conv1d(1, 4, 5, key=conv_key)
        self.head = eqx.nn.Linear(4, 1, key=head_key)

    def __call__(self, signal):
        features = jax.nn.relu(self.conv(signal[None])).max(axis=1)
        return self.head(features)


def main():
    rng = np.random.default_rng(4)
    signals = rng.normal(size=(50, 40)).astype(np.float32)
    labels = rng.integers(0, 2, size=50).astype(np.float32)
    signals[:, 10:20] += 2 * labels[:, None]
    model = Detector(key=jax.random.PRNGKey(6))
    optim = optax.adam(1e-2)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

    def loss_fn(model, signals, labels):
        logits = jax.vmap(model)(signals)
        losses = optax.sigmoid_binary_cross_entropy(logits, labels)
        return losses.mean()

    @eqx.filter_jit
    def step(model, opt_state, signals, labels):
        loss, grads = eqx.filter_value_and_grad(loss_fn)(model, signals, labels)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    for _ in range(15):
        model, opt_state, loss = step(model, opt_state, signals, labels)
    print("loss", loss)


if __name__ == "__main__":
    main()
