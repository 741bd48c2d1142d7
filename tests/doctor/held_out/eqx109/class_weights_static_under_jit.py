import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class SoftmaxRegression(eqx.Module):
    weight: jax.Array
    bias: jax.Array
    class_weights: np.ndarray = eqx.field(static=True)

    def __init__(self, counts: np.ndarray, features: int, key):
        self.weight = 0.01 * jax.random.normal(key, (features, len(counts)))
        self.bias = jnp.zeros(len(counts))
        self.class_weights = counts.sum() / (len(counts) * counts)

    def loss(self, x, labels):
        losses = optax.softmax_cross_entropy_with_integer_labels(x @ self.weight + self.bias, labels)
        weights = jnp.asarray(self.class_weights, dtype=x.dtype)[labels]
        return jnp.sum(losses * weights) / jnp.sum(weights)


@jax.jit
def update(model, x, labels):
    loss, grads = jax.value_and_grad(lambda m: m.loss(x, labels))(model)
    return jax.tree.map(lambda p, g: p - 0.3 * g, model, grads), loss


def make_fold(rng):
    labels = rng.choice(3, size=120, p=[0.7, 0.2, 0.1]).astype(np.int32)
    centres = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    return (centres[labels] + rng.normal(size=(120, 2))).astype(np.float32), labels


def main():
    rng = np.random.default_rng(5)
    for fold in range(2):
        points, labels = make_fold(rng)
        model = SoftmaxRegression(np.bincount(labels), 2, jax.random.PRNGKey(fold))
        for _ in range(20):
            model, loss = update(model, points, labels)
        print("fold", fold, "weighted cross-entropy", loss)


if __name__ == "__main__":
    main()
