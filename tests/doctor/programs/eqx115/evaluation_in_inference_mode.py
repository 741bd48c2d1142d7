import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Classifier(eqx.Module):
    hidden: eqx.nn.Linear
    dropout: eqx.nn.Dropout
    out: eqx.nn.Linear

    def __init__(self, key):
        kh, ko = jr.split(key)
        self.hidden = eqx.nn.Linear(6, 24, key=kh)
        self.dropout = eqx.nn.Dropout(0.4)
        self.out = eqx.nn.Linear(24, 3, key=ko)

    def __call__(self, x, key):
        return self.out(self.dropout(jax.nn.relu(self.hidden(x)), key=key))


@eqx.filter_jit
def step(model, opt_state, x, y, key):
    key, drop_key = jr.split(key)

    def loss_fn(model):
        logits = jax.vmap(model)(x, jr.split(drop_key, len(x)))
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, key, loss


@eqx.filter_jit
def accuracy(model, x, y, key):
    model = eqx.nn.inference_mode(model)
    logits = jax.vmap(model, in_axes=(0, None))(x, key)
    return jnp.mean(jnp.argmax(logits, axis=1) == y)


data_key, model_key, train_key, eval_key = jr.split(jr.PRNGKey(5), 4)
x = jr.normal(data_key, (80, 6))
y = jnp.argmax(x[:, ::2], axis=1)
train_x, test_x, train_y, test_y = x[:60], x[60:], y[:60], y[60:]
model = Classifier(model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
scores = []
for _ in range(20):
    model, opt_state, train_key, loss = step(model, opt_state, train_x, train_y, train_key)
    scores.append(accuracy(model, test_x, test_y, eval_key))
print("loss", loss, "accuracy", scores[-1])
