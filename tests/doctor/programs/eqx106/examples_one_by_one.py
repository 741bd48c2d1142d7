import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class GraphLayer(eqx.Module):
    """One round of messages between the nodes of a small graph, then a readout."""

    message: eqx.nn.Linear
    readout: eqx.nn.Linear

    def __init__(self, key):
        k1, k2 = jax.random.split(key)
        self.message = eqx.nn.Linear(4, 8, key=k1)
        self.readout = eqx.nn.Linear(8, "scalar", key=k2)

    def __call__(self, nodes, adjacency):
        degree = jnp.maximum(adjacency.sum(axis=1, keepdims=True), 1.0)
        messages = jax.nn.relu(jax.vmap(self.message)(nodes))
        pooled = (adjacency @ messages / degree).mean(axis=0)
        return self.readout(pooled)


def loss_fn(model, nodes, adjacency, target):
    losses = [
        optax.l2_loss(model(nodes[i], adjacency[i]), target[i]) for i in range(len(nodes))
    ]
    return sum(losses) / len(losses)


@eqx.filter_jit
def step(model, state, nodes, adjacency, target):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, nodes, adjacency, target)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(model, updates), state, loss


rng = np.random.default_rng(0)
nodes = rng.normal(size=(24, 6, 4)).astype(np.float32)
adjacency = rng.integers(0, 2, size=(24, 6, 6)).astype(np.float32)
target = (adjacency.mean(axis=(1, 2)) + nodes.mean(axis=(1, 2))).astype(np.float32)

model = GraphLayer(jax.random.key(0))
optim = optax.sgd(0.05, momentum=0.9)
state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(15):
    model, state, loss = step(model, state, nodes, adjacency, target)
print(f"loss {loss.item():.4f}")
