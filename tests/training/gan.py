"""A GAN on small images of blobs: transposed convolutions, batch and spectral normalisation."""

import functools as ft
import warnings

import equinox as eqx
import jax
import jax.nn as jnn
import jax.numpy as jnp
import jax.random as jr
import optax

LATENT_SIZE = 8
BATCH_SIZE = 16


class Generator(eqx.Module):
    project: eqx.nn.Linear
    layers: list
    norms: list

    def __init__(self, key):
        keys = jr.split(key, 3)
        self.project = eqx.nn.Linear(LATENT_SIZE, 16 * 2 * 2, key=keys[0])
        self.layers = [
            eqx.nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1, use_bias=False, key=keys[1]),
            eqx.nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1, key=keys[2]),
        ]
        self.norms = [
            eqx.nn.BatchNorm(16, "batch", mode="ema"),
            eqx.nn.BatchNorm(8, "batch", mode="ema"),
        ]

    def __call__(self, z, state):
        x = self.project(z).reshape(16, 2, 2)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x, state = norm(x, state)
            x = layer(jnn.relu(x))
        return jnp.tanh(x), state


class Discriminator(eqx.Module):
    layers: list
    out: eqx.nn.SpectralNorm
    slope: float = 0.2

    def __init__(self, key):
        keys = jr.split(key, 4)
        self.layers = [
            eqx.nn.Conv2d(1, 8, 3, stride=2, padding=1, key=keys[0]),
            eqx.nn.Conv(2, 8, 16, 3, stride=2, padding=[(1, 1), (1, 1)], key=keys[1]),
        ]
        linear = eqx.nn.Linear(16 * 2 * 2, "scalar", key=keys[2])
        self.out = eqx.nn.SpectralNorm(linear, "weight", key=keys[3])

    def __call__(self, x, state):
        for layer in self.layers:
            x = jnn.leaky_relu(layer(x), self.slope)
        return self.out(jnp.ravel(x), state)


def real_images(key):
    centre = jr.uniform(key, (BATCH_SIZE, 2, 1, 1), minval=2.0, maxval=5.0)
    y, x = jnp.mgrid[:8, :8]
    distance = (x - centre[:, 0]) ** 2 + (y - centre[:, 1]) ** 2
    return 2 * jnp.exp(-distance / 4)[:, None] - 1


def batched(model, x, state):
    return jax.vmap(model, axis_name="batch", in_axes=(0, None), out_axes=(0, None))(x, state)


def bce(logits, target):
    return optax.sigmoid_binary_cross_entropy(logits, jnp.full_like(logits, target)).mean()


@ft.partial(eqx.filter_value_and_grad, has_aux=True)
def generator_loss(generator, discriminator, g_state, d_state, z):
    fake, g_state = batched(generator, z, g_state)
    logits, d_state = batched(discriminator, fake, d_state)
    return bce(logits, 1.0), (g_state, d_state)


@ft.partial(eqx.filter_value_and_grad, has_aux=True)
def discriminator_loss(discriminator, generator, d_state, g_state, z, real):
    fake, g_state = batched(generator, z, g_state)
    fake_logits, d_state = batched(discriminator, jax.lax.stop_gradient(fake), d_state)
    real_logits, d_state = batched(discriminator, real, d_state)
    return (bce(real_logits, 0.9) + bce(fake_logits, 0.0)) / 2, (d_state, g_state)


class Player(eqx.Module):
    """A network with all that belongs to its training."""

    net: eqx.Module
    state: eqx.nn.State
    opt_state: optax.OptState
    optim: optax.GradientTransformation = eqx.field(static=True)

    @classmethod
    def create(cls, make, optim, key):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net, state = eqx.nn.make_with_state(make)(key)
        return cls(net, state, optim.init(eqx.filter(net, eqx.is_inexact_array)), optim)

    def moved(self, grads, state):
        params = eqx.filter(self.net, eqx.is_inexact_array)
        updates, opt_state = self.optim.update(grads, self.opt_state, params)
        net = eqx.apply_updates(self.net, updates)
        return Player(net, state, opt_state, self.optim)


@eqx.filter_jit(donate="all")
def make_step(generator, discriminator, key):
    z_key, w_key, data_key = jr.split(key, 3)
    z = jr.normal(z_key, (BATCH_SIZE, LATENT_SIZE))
    (d_loss, (d_state, g_state)), grads = discriminator_loss(
        discriminator.net,
        generator.net,
        discriminator.state,
        generator.state,
        z,
        real_images(data_key),
    )
    discriminator = discriminator.moved(grads, d_state)
    z = jr.normal(w_key, (BATCH_SIZE, LATENT_SIZE))
    (g_loss, (g_state, d_state)), grads = generator_loss(
        generator.net, discriminator.net, g_state, d_state, z
    )
    generator = generator.moved(grads, g_state)
    discriminator = eqx.tree_at(lambda p: p.state, discriminator, d_state)
    return generator, discriminator, g_loss, d_loss


@eqx.filter_jit
def sample(generator, key):
    net = eqx.nn.inference_mode(generator.net)
    images, _ = batched(net, jr.normal(key, (64, LATENT_SIZE)), generator.state)
    return images


def main(steps=30, seed=0):
    g_key, d_key, train_key, sample_key = jr.split(jr.PRNGKey(seed), 4)
    generator = Player.create(Generator, optax.adam(2e-3, b1=0.5), g_key)
    discriminator = Player.create(Discriminator, optax.adam(2e-3, b1=0.5), d_key)
    for step in range(steps):
        train_key, key = jr.split(train_key)
        generator, discriminator, g_loss, d_loss = make_step(generator, discriminator, key)
        print(f"step={step} generator={g_loss.item()!r} discriminator={d_loss.item()!r}")
    images = sample(generator, sample_key)
    print(f"samples: mean={images.mean().item()!r} spread={images.std().item()!r}")


main()
