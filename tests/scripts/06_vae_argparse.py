"""VAE on 8x8 blobs.

python 06_vae_argparse.py --epochs 8 --latent-dim 2 --beta 0.5
"""

import argparse
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax


class Metrics(NamedTuple):
    elbo_loss: jax.Array
    recon: jax.Array
    kl: jax.Array


class Linear(NamedTuple):
    w: jax.Array
    b: jax.Array

    def __call__(self, x):
        return x @ self.w + self.b


def linear(key, n_in, n_out):
    lim = (6.0 / (n_in + n_out)) ** 0.5
    return Linear(
        jax.random.uniform(key, (n_in, n_out), minval=-lim, maxval=lim), jnp.zeros((n_out,))
    )


class VAEParams(NamedTuple):
    enc: Linear
    mu: Linear
    logvar: Linear
    dec1: Linear
    dec2: Linear


def init_vae(key, latent, hidden):
    k = jax.random.split(key, 5)
    return VAEParams(
        enc=linear(k[0], 64, hidden),
        mu=linear(k[1], hidden, latent),
        logvar=linear(k[2], hidden, latent),
        dec1=linear(k[3], latent, hidden),
        dec2=linear(k[4], hidden, 64),
    )


def encode(p, x):
    h = jax.nn.relu(p.enc(x))
    return p.mu(h), p.logvar(h)


def decode(p, z):
    return p.dec2(jax.nn.relu(p.dec1(z)))


def elbo(p, key, x, beta):
    mu, logvar = encode(p, x)
    z = mu + jnp.exp(0.5 * logvar) * jax.random.normal(key, mu.shape)
    logits = decode(p, z)
    recon = optax.sigmoid_binary_cross_entropy(logits, x).sum(-1).mean()
    kl = -0.5 * jnp.sum(1 + logvar - mu**2 - jnp.exp(logvar), -1).mean()
    loss = recon + beta * kl
    return loss, Metrics(loss, recon, kl)


def make_blobs(n, rng):
    yy, xx = np.mgrid[0:8, 0:8]
    cx, cy = rng.uniform(1.5, 5.5, (2, n, 1, 1))
    s = rng.uniform(0.8, 1.8, (n, 1, 1))
    img = np.exp(-((xx - cx) ** 2 + (yy - cy) ** 2) / (2 * s**2))
    return img.reshape(n, 64).astype("float32")


def iterate_minibatches(x, bs, rng):
    order = rng.permutation(len(x))
    for start in range(0, len(x) // bs * bs, bs):
        yield x[order[start : start + bs]]


def train(args):
    rng = np.random.default_rng(args.seed)
    data = make_blobs(args.n_samples, rng)

    key = jax.random.PRNGKey(args.seed)
    key, init_key = jax.random.split(key)
    params = init_vae(init_key, args.latent_dim, args.hidden)
    opt = optax.rmsprop(args.lr)
    opt_state = opt.init(params)

    @jax.jit
    def train_step(params, opt_state, key, batch):
        grads, metrics = jax.grad(elbo, has_aux=True)(params, key, batch, args.beta)
        updates, opt_state = opt.update(grads, opt_state)
        return optax.apply_updates(params, updates), opt_state, metrics

    n = 0
    for epoch in range(args.epochs):
        running = []
        for batch in iterate_minibatches(data, args.batch_size, rng):
            key, step_key = jax.random.split(key)
            params, opt_state, metrics = train_step(params, opt_state, step_key, batch)
            running.append(metrics)
            if n == 0:
                print(f"initial loss {metrics.elbo_loss:.3f}")
            n += 1
        # average metrics over the epoch
        avg = jax.tree.map(lambda *xs: float(np.mean(xs)), *running)
        print(f"epoch {epoch + 1}: loss={avg.elbo_loss:.3f} recon={avg.recon:.3f} kl={avg.kl:.3f}")

    # a few samples from the prior
    z = jax.random.normal(key, (args.samples, args.latent_dim))
    imgs = np.asarray(jax.nn.sigmoid(jax.jit(decode)(params, z))).reshape(-1, 8, 8)
    for row in imgs[0]:
        print("".join(" .:-=+*#%@"[min(9, int(v * 10))] for v in row))


def parse_args():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--epochs", type=int, default=8)
    p.add_argument("--batch-size", type=int, default=64)
    p.add_argument("--latent-dim", type=int, default=3)
    p.add_argument("--hidden", type=int, default=48)
    p.add_argument("--n-samples", type=int, default=1024)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--beta", type=float, default=1.0)
    p.add_argument("--samples", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args()


if __name__ == "__main__":
    train(parse_args())
