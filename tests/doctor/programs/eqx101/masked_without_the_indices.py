import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array


class GraphConv(eqx.Module):
    senders: Array
    receivers: Array
    message: eqx.nn.Linear
    readout: eqx.nn.Linear

    def __init__(self, senders, receivers, size, *, key):
        message_key, readout_key = jr.split(key)
        self.senders = senders
        self.receivers = receivers
        self.message = eqx.nn.Linear(size, size, key=message_key)
        self.readout = eqx.nn.Linear(size, 1, key=readout_key)

    def __call__(self, nodes):
        messages = jax.vmap(self.message)(nodes[self.senders])
        gathered = jax.ops.segment_sum(messages, self.receivers, num_segments=nodes.shape[0])
        return jax.vmap(self.readout)(jax.nn.relu(nodes + gathered))


edge_key, node_key, model_key = jr.split(jr.PRNGKey(9), 3)
senders, receivers = jr.randint(edge_key, (2, 60), 0, 20)
nodes = jr.normal(node_key, (20, 4))
degree = jnp.bincount(receivers, length=20).astype(jnp.float32)[:, None]

model = GraphConv(senders, receivers, 4, key=model_key)
arrays = eqx.filter(model, eqx.is_array)
trained = jax.tree.map(eqx.is_inexact_array, arrays)
optim = optax.masked(optax.adam(1e-2), trained)
opt_state = optim.init(arrays)


@eqx.filter_jit
def step(model, opt_state, nodes, degree):
    def loss_fn(model):
        return jnp.mean((model(nodes) - degree) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state, eqx.filter(model, eqx.is_array))
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(20):
    model, opt_state, loss = step(model, opt_state, nodes, degree)
print(loss)
