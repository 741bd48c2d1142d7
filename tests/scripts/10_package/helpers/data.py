import numpy as np


class GraphDataset:
    """Random graphs. Target: mean over the edges of |x_i - x_j| of the first feature."""

    def __init__(self, n, num_nodes, in_dim, seed):
        rng = np.random.default_rng(seed)
        a = rng.random((n, num_nodes, num_nodes)) < 0.3
        a = np.triu(a, 1)
        adj = (a | a.transpose(0, 2, 1)).astype(np.float32)
        x = rng.normal(size=(n, num_nodes, in_dim)).astype(np.float32)
        diff = np.abs(x[:, :, None, 0] - x[:, None, :, 0])
        deg = np.maximum(adj.sum((1, 2)), 1.0)
        self.adj, self.x = adj, x
        self.y = (2.0 * (adj * diff).sum((1, 2)) / deg).astype(np.float32)
        self._rng = rng

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.adj[i], self.y[i]

    def sample(self, batch_size):
        return self[self._rng.integers(0, len(self), batch_size)]
