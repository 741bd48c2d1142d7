import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Classifier(eqx.Module):
    encoder: eqx.nn.MLP
    head: eqx.nn.Linear

    def __call__(self, x):
        return self.head(self.encoder(x))


def head_only(model):
    spec = jax.tree.map(lambda _: False, model)
    return eqx.tree_at(lambda m: (m.head.weight, m.head.bias), spec, (True, True))


@eqx.filter_jit
def step(head, frozen, opt_state, x, labels):
    def loss_fn(head):
        logits = jax.vmap(eqx.combine(head, frozen))(x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(head)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(head, updates), opt_state, loss


x_key, encoder_key, head_key = jr.split(jr.PRNGKey(12), 3)
x = jr.normal(x_key, (72, 5))
labels = jnp.argmax(x[:, :3], axis=1)
pretrained = eqx.nn.MLP(5, 32, 32, 1, final_activation=jax.nn.relu, key=encoder_key)
model = Classifier(pretrained, eqx.nn.Linear(32, 3, key=head_key))
head, frozen = eqx.partition(model, head_only(model))
optim = optax.adam(1e-2)
opt_state = optim.init(head)
for _ in range(20):
    head, opt_state, loss = step(head, frozen, opt_state, x, labels)
print("loss", loss)
