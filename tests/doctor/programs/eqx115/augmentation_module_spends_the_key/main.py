import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from augmentation import augment


class SignalNet(eqx.Module):
    conv: eqx.nn.Conv1d
    dropout: eqx.nn.Dropout
    head: eqx.nn.Linear

    def __init__(self, key):
        kc, kh = jr.split(key)
        self.conv = eqx.nn.Conv1d(1, 8, 5, key=kc)
        self.dropout = eqx.nn.Dropout(0.2)
        self.head = eqx.nn.Linear(8, 2, key=kh)

    def __call__(self, signal, key):
        hidden = jax.nn.relu(self.conv(signal[None])).max(axis=1)
        return self.head(self.dropout(hidden, key=key))


def loss_fn(model, signals, labels, key):
    signals = augment(signals, key)
    logits = jax.vmap(model)(signals, jr.split(key, len(signals)))
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


@eqx.filter_jit
def step(model, opt_state, signals, labels, key):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, signals, labels, key)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key, train_key = jr.split(jr.PRNGKey(17), 3)
labels = jnp.arange(40) % 2
noise = 0.2 * jr.normal(data_key, (40, 30))
signals = jnp.sin((1 + labels[:, None]) * jnp.linspace(0, 6, 30)) + noise
model = SignalNet(model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for key in jr.split(train_key, 15):
    model, opt_state, loss = step(model, opt_state, signals, labels, key)
print("loss", loss)
