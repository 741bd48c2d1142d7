import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax

EDGES = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (1, 3)]


class GraphConv(eqx.Module):
    weight: jax.Array
    bias: jax.Array
    adjacency: np.ndarray = eqx.field(static=True)

    def __init__(self, edges, nodes, in_size, out_size, *, key):
        a = np.eye(nodes, dtype=np.float32)
        for i, j in edges:
            a[i, j] = a[j, i] = 1.0
        self.adjacency = a / a.sum(axis=1, keepdims=True)
        self.weight = jr.normal(key, (in_size, out_size)) / in_size**0.5
        self.bias = jnp.zeros(out_size)

    def __call__(self, x):
        return jnp.tanh(self.adjacency @ x @ self.weight + self.bias)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = eqx.filter_value_and_grad(lambda m: jnp.mean((m(x) - y) ** 2))(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


def average(models):
    return jax.tree.map(lambda *leaves: sum(leaves) / len(leaves), *models)


kx, ky, *member_keys = jr.split(jr.PRNGKey(11), 5)
x, y = jr.normal(kx, (5, 3)), 0.5 * jr.normal(ky, (5, 2))
optim = optax.sgd(0.1)
members = []
for k in member_keys:
    model = GraphConv(EDGES, 5, 3, 2, key=k)
    opt_state = optim.init(model)
    for _ in range(8):
        model, opt_state, loss = step(model, opt_state, x, y)
    members.append(model)
print(average(members)(x))
