import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Comparator(eqx.Module):
    left: eqx.nn.MLP
    right: eqx.nn.MLP
    head: eqx.nn.Linear

    def __call__(self, a, b):
        return self.head(self.left(a) - self.right(b))


def only_head(model):
    spec = jax.tree.map(lambda _: False, model)
    return eqx.tree_at(lambda m: (m.head.weight, m.head.bias), spec, (True, True))


backbone_key, head_key, a_key, b_key = jr.split(jr.key(7), 4)
backbone = eqx.nn.MLP(5, 16, 32, 1, key=backbone_key)
model = Comparator(backbone, backbone, eqx.nn.Linear(16, "scalar", key=head_key))
a, b = jr.normal(a_key, (80, 5)), jr.normal(b_key, (80, 5))
larger = (jnp.sum(a, axis=1) > jnp.sum(b, axis=1)).astype(jnp.float32)

optim = optax.adam(1e-2)
trained, _ = eqx.partition(model, only_head(model))
opt_state = optim.init(trained)


@eqx.filter_jit
def step(model, opt_state, a, b, larger):
    trained, frozen = eqx.partition(model, only_head(model))

    def loss_fn(trained):
        logits = jax.vmap(eqx.combine(trained, frozen))(a, b)
        return optax.sigmoid_binary_cross_entropy(logits, larger).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(trained)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.combine(eqx.apply_updates(trained, updates), frozen), opt_state, loss


for _ in range(12):
    model, opt_state, loss = step(model, opt_state, a, b, larger)
print("loss", loss)
