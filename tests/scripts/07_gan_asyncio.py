# GAN on a 2d ring of gaussians, alternating D and G updates.
# The data comes from an async "stream" (in production this is a websocket).
import asyncio
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.nn import leaky_relu, softplus

NOISE = 4
BATCH = 64
PRETRAIN_D = 60
ITERS = 240


def init_net(rng, sizes):
    # list of (w, b)
    return [
        (jnp.asarray(rng.normal(0, 1 / np.sqrt(m), (m, n)), jnp.float32), jnp.zeros(n))
        for m, n in itertools.pairwise(sizes)
    ]


def run_net(net, x):
    for w, b in net[:-1]:
        x = leaky_relu(x @ w + b, 0.2)
    w, b = net[-1]
    return x @ w + b


def generator(g, z):
    return run_net(g, z)


def discriminator(d, x):
    return run_net(d, x)[:, 0]


g_opt = optax.adam(2e-3, b1=0.5)
d_opt = optax.adam(2e-3, b1=0.5)


def d_loss_fn(d, g, real, z):
    fake = generator(g, z)
    return softplus(-discriminator(d, real)).mean() + softplus(discriminator(d, fake)).mean()


def g_loss_fn(g, d, z):
    return softplus(-discriminator(d, generator(g, z))).mean()  # non saturating


@jax.jit
def d_step(d, g, opt_state, real, z):
    loss, grads = jax.value_and_grad(d_loss_fn)(d, g, real, z)
    up, opt_state = d_opt.update(grads, opt_state)
    return optax.apply_updates(d, up), opt_state, loss


@jax.jit
def g_step(g, d, opt_state, z):
    loss, grads = jax.value_and_grad(g_loss_fn)(g, d, z)
    up, opt_state = g_opt.update(grads, opt_state)
    return optax.apply_updates(g, up), opt_state, loss


async def stream(q: asyncio.Queue, n, seed):
    rng = np.random.default_rng(seed)
    for _ in range(n):
        ang = rng.integers(0, 6, BATCH) * np.pi / 3
        pts = np.stack([3 + np.cos(ang), 2 + np.sin(ang)], 1) + rng.normal(0, 0.1, (BATCH, 2))
        await q.put(pts.astype(np.float32))
        await asyncio.sleep(0)
    await q.put(None)


async def train(q: asyncio.Queue):
    rng = np.random.default_rng(3)
    g = init_net(rng, [NOISE, 32, 32, 2])
    d = init_net(rng, [2, 32, 32, 1])
    g_state, d_state = g_opt.init(g), d_opt.init(d)

    def noise():
        return rng.standard_normal((BATCH, NOISE)).astype(np.float32)

    it = 0
    while True:
        real = await q.get()
        if real is None:
            break
        d, d_state, d_loss = d_step(d, g, d_state, real, noise())
        if it < PRETRAIN_D:
            # let D get ahead a little first
            it += 1
            continue
        g, g_state, g_loss = g_step(g, d, g_state, noise())
        if (it - PRETRAIN_D) % 20 == 0:
            print(
                f"it {it - PRETRAIN_D:4d}   g_loss {float(g_loss):.4f}   d_loss {float(d_loss):.4f}"
            )
        it += 1
    print(f"last      g_loss {float(g_loss):.4f}   d_loss {float(d_loss):.4f}")
    fake = np.asarray(generator(g, rng.standard_normal((500, NOISE)).astype(np.float32)))
    print("fake mean", fake.mean(0).round(2), "(target [3. 2.])", "fake std", fake.std(0).round(2))


async def main():
    q = asyncio.Queue(maxsize=8)
    await asyncio.gather(stream(q, PRETRAIN_D + ITERS, seed=0), train(q))


asyncio.run(main())
