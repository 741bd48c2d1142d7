import equinox as eqx
import jax
import numpy as np
import optax
from data import documents
from trainer import Trainer


class TopicModel(eqx.Module):
    words: eqx.nn.Linear
    hidden: eqx.nn.Linear
    topics: eqx.nn.Linear

    def __init__(self, vocabulary, width, *, key):
        k1, k2, k3 = jax.random.split(key, 3)
        self.words = eqx.nn.Linear(vocabulary, width, key=k1)
        self.hidden = eqx.nn.Linear(width, width, key=k2)
        self.topics = eqx.nn.Linear(width, 4, key=k3)

    def __call__(self, counts):
        return self.topics(jax.nn.relu(self.hidden(jax.nn.relu(self.words(counts)))))


def main():
    trainer = Trainer(TopicModel(1000, 384, key=jax.random.PRNGKey(0)), optax.adam(1e-3))
    log = trainer.fit(documents(n_batches=16, seed=0))
    print("loss and accuracy of the last batches", np.mean(log[-5:], axis=0))


if __name__ == "__main__":
    main()
