import numpy as np


def documents(n_batches, seed, batch_size=256, vocabulary=1000, length=400):
    """Yields batches of word counts, weighted by how rare a word is, with a topic each."""
    rng = np.random.default_rng(seed)
    likely = rng.dirichlet(np.full(vocabulary, 0.1), size=4).cumsum(axis=1)
    for _ in range(n_batches):
        topics = rng.integers(0, 4, size=batch_size)
        counts = np.zeros((batch_size, vocabulary))
        for row, topic in enumerate(topics):
            words = np.searchsorted(likely[topic], rng.random(length)).clip(max=vocabulary - 1)
            counts[row] = np.bincount(words, minlength=vocabulary)
        rarity = np.log((1 + batch_size) / (1 + np.count_nonzero(counts, axis=0)))
        weighted = np.log1p(counts) * rarity
        norm = np.linalg.norm(weighted, axis=1, keepdims=True)
        yield (weighted / norm).astype(np.float32), topics.astype(np.int32)
