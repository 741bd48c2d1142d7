import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class PointNet(eqx.Module):
    point: eqx.nn.MLP
    cloud: eqx.nn.Linear

    def __init__(self, *, key):
        point_key, cloud_key = jax.random.split(key)
        self.point = eqx.nn.MLP(3, 12, 12, 1, key=point_key)
        self.cloud = eqx.nn.Linear(12, 2, key=cloud_key)

    def __call__(self, points):
        return self.cloud(jnp.max(jax.vmap(self.point)(points), axis=0))


def clouds(n, seed):
    rng = np.random.default_rng(seed)
    for size in rng.permutation(np.arange(20, 20 + n)):
        points = rng.normal(size=(size, 3))
        label = rng.integers(0, 2)
        if label:
            points /= np.linalg.norm(points, axis=1, keepdims=True)
        yield points.astype(np.float32), np.int32(label)


class Learner:
    def __init__(self, model):
        self.model = model
        self.optim = optax.sgd(0.05)
        self.state = self.optim.init(eqx.filter(model, eqx.is_inexact_array))
        self.losses = []

    def learn(self, points, label):
        self.model, self.state, loss = self._update(self.model, self.state, points, label)
        self.losses.append(loss)

    def _build(self):
        def loss_fn(model, points, label):
            return optax.softmax_cross_entropy_with_integer_labels(model(points), label)

        @eqx.filter_jit
        def update(model, state, points, label):
            loss, grads = eqx.filter_value_and_grad(loss_fn)(model, points, label)
            changes, state = self.optim.update(grads, state)
            return eqx.apply_updates(model, changes), state, loss

        self._update = update
        return self


learner = Learner(PointNet(key=jax.random.key(1)))._build()
for points, label in clouds(7, seed=1):
    learner.learn(points, label)
print("mean loss", np.mean(learner.losses))
