import eqxcore as eqx
import jax
import numpy as np
from training import Config, Trainer


def spirals(n, seed):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, size=n)
    t = rng.uniform(0.5, 3.0, size=n)
    angle = 2 * t + np.pi * label
    points = np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1)
    return points.astype(np.float32), label


def main():
    config = Config(width=24, n_steps=20)
    x, y = spirals(96, seed=0)
    model = eqx.nn.MLP(2, 2, config.width, 3, activation=jax.nn.gelu, key=jax.random.PRNGKey(0))
    trainer = Trainer(model, config)
    for _ in range(config.n_steps):
        trainer.step(x, y)
    print("loss", trainer.history[-1])


if __name__ == "__main__":
    main()
