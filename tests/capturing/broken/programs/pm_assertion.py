"""An assertion between calls: the loss should have fallen."""
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Experiment:
    def __init__(self):
        self.optimizer = optax.adam(0.3)
        self.params = jnp.array([3.0, -2.0])
        self.state = self.optimizer.init(self.params)
        self.losses = []

    def train(self, steps):
        @jax.jit
        def step(params, state, target):
            loss, g = jax.value_and_grad(lambda p: jnp.sum((p - target) ** 2))(params)
            updates, state = self.optimizer.update(g, state)
            return optax.apply_updates(params, updates), state, loss

        for n in range(steps):
            target = np.array([0.0, 0.0] if n < 17 else [90.0, 0.0], np.float32)
            self.params, self.state, loss = step(self.params, self.state, target)
            self.losses.append(float(loss))
            self.check()

    def check(self):
        if len(self.losses) > 5:
            assert self.losses[-1] < 2 * self.losses[0], f"loss rose to {self.losses[-1]:.1f}"


Experiment().train(30)
