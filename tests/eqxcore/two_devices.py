"""A training step for a batch that is spread over all devices there are; prints what comes of it.

Run in a process of its own, where XLA_FLAGS says how many devices the CPU is.
"""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import eqxcore as eqx


class Model(eqx.Module):
    """A convolution with batch normalisation, and a head that drops out."""

    conv: eqx.nn.Conv1d
    norm: eqx.nn.BatchNorm
    dropout: eqx.nn.Dropout
    head: eqx.nn.MLP

    def __init__(self, key: jax.Array):
        conv_key, head_key = jr.split(key)
        self.conv = eqx.nn.Conv1d(2, 4, 3, padding=1, key=conv_key)
        self.norm = eqx.nn.BatchNorm(4, "batch", mode="ema")
        self.dropout = eqx.nn.Dropout(0.25)
        self.head = eqx.nn.MLP(4 * 6, 1, 8, 1, key=head_key)

    def __call__(
        self, x: jax.Array, state: eqx.nn.State, key: jax.Array
    ) -> tuple[jax.Array, eqx.nn.State]:
        """Return the prediction for one sequence, and the new state."""
        x, state = self.norm(self.conv(x), state)
        return self.head(self.dropout(jax.nn.relu(x), key=key).reshape(-1)), state


def main() -> None:
    """Take four steps, and print the loss of each, the final weights and where all of it lies."""
    mesh = Mesh(np.array(jax.devices()), ("data",))
    spread = NamedSharding(mesh, PartitionSpec("data"))
    everywhere = NamedSharding(mesh, PartitionSpec())
    optim = optax.sgd(1e-2, momentum=0.9)

    def compute_loss(model, state, x, y, keys):
        batched = jax.vmap(model, axis_name="batch", in_axes=(0, None, 0), out_axes=(0, None))
        predicted, state = batched(x, state, keys)
        return jnp.mean((predicted - y) ** 2), state

    @eqx.filter_jit(donate="all")
    def make_step(training, batch):
        model, state, opt_state = eqx.filter_shard(training, everywhere)
        batch = eqx.filter_shard(batch, spread)
        grad = eqx.filter_value_and_grad(compute_loss, has_aux=True)
        (loss, state), grads = grad(model, state, *batch)
        updates, opt_state = optim.update(grads, opt_state)
        training = eqx.apply_updates(model, updates), state, opt_state
        return loss, eqx.filter_shard(training, everywhere)

    model, state = eqx.nn.make_with_state(Model)(jr.PRNGKey(0))
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    training = eqx.filter_shard((model, state, opt_state), everywhere)
    for step in range(4):
        keys = jr.split(jr.fold_in(jr.PRNGKey(1), step), 8)
        x = jr.normal(keys[0], (8, 2, 6))
        batch = eqx.filter_shard((x, x.sum((1, 2))[:, None], keys), spread)
        loss, training = make_step(training, batch)
        print(loss.item())
    for array in jax.tree_util.tree_leaves(eqx.filter(training, eqx.is_array)):
        assert array.sharding.is_equivalent_to(everywhere, array.ndim)
        print(jnp.sum(array).item())
    print("devices:", len(loss.sharding.device_set))


if __name__ == "__main__":
    main()
