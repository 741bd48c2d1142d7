"""Score-based diffusion of small images by an MLP-Mixer, sampled along the reverse SDE and ODE."""

import functools as ft

import equinox as eqx
import jax
import jax.lax as lax
import jax.numpy as jnp
import jax.random as jr
import optax

SIZE = 8
PATCH = 2
T1 = 6.0


class MixerBlock(eqx.Module):
    patch_mixer: eqx.nn.MLP
    hidden_mixer: eqx.nn.MLP
    norm1: eqx.nn.LayerNorm
    norm2: eqx.nn.LayerNorm

    def __init__(self, num_patches, hidden_size, *, key):
        pkey, hkey = jr.split(key)
        self.patch_mixer = eqx.nn.MLP(num_patches, num_patches, 24, depth=1, key=pkey)
        self.hidden_mixer = eqx.nn.MLP(
            hidden_size, hidden_size, 24, depth=1, activation=jax.nn.gelu, key=hkey
        )
        self.norm1 = eqx.nn.LayerNorm((hidden_size, num_patches))
        self.norm2 = eqx.nn.LayerNorm((num_patches, hidden_size), use_bias=False)

    def __call__(self, y):
        y = y + jax.vmap(self.patch_mixer)(self.norm1(y))
        y = y.T
        return (y + jax.vmap(self.hidden_mixer)(self.norm2(y))).T


class Mixer(eqx.Module):
    conv_in: eqx.nn.Conv2d
    conv_out: eqx.nn.ConvTranspose2d
    blocks: list
    norm: eqx.nn.LayerNorm
    t1: float

    def __init__(self, hidden_size, num_blocks, t1, *, key):
        inkey, outkey, *bkeys = jr.split(key, 2 + num_blocks)
        self.conv_in = eqx.nn.Conv2d(2, hidden_size, PATCH, stride=PATCH, key=inkey)
        self.conv_out = eqx.nn.ConvTranspose2d(hidden_size, 1, PATCH, stride=PATCH, key=outkey)
        num_patches = (SIZE // PATCH) ** 2
        self.blocks = [MixerBlock(num_patches, hidden_size, key=key) for key in bkeys]
        self.norm = eqx.nn.LayerNorm((hidden_size, num_patches))
        self.t1 = t1

    def __call__(self, t, y):
        t = jnp.broadcast_to(t / self.t1, y.shape)
        y = self.conv_in(jnp.concatenate([y, t]))
        shape = y.shape
        y = y.reshape(shape[0], -1)
        for block in self.blocks:
            y = block(y)
        return self.conv_out(self.norm(y).reshape(shape))


@eqx.filter_custom_vjp
def clipped(x, limit):
    """Return `x`; its gradient is clipped."""
    return x


@clipped.def_fwd
def _(perturbed, x, limit):
    return x, None


@clipped.def_bwd
def _(residuals, grad, perturbed, x, limit):
    return jnp.clip(grad, -limit, limit)


@eqx.filter_custom_jvp
def int_beta(t, power):
    return t**power / T1 ** (power - 1)


@int_beta.def_jvp
def _(primals, tangents):
    (t, power), (t_dot, _) = primals, tangents
    return int_beta(t, power), power * t ** (power - 1) / T1 ** (power - 1) * t_dot


def weight(t):
    return 1 - jnp.exp(-int_beta(t, 2))


def single_loss_fn(model, data, t, key):
    mean = data * jnp.exp(-0.5 * int_beta(t, 2))
    std = jnp.sqrt(jnp.maximum(weight(t), 1e-5))
    noise = jr.normal(key, data.shape)
    pred = clipped(model(t, mean + std * noise), 1.0)
    return weight(t) * jnp.mean((pred + noise / std) ** 2)


def batch_loss_fn(model, data, key):
    tkey, losskey = jr.split(key)
    # Low-discrepancy times, to make the loss less noisy.
    t = jr.uniform(tkey, (data.shape[0],), minval=0, maxval=T1 / data.shape[0])
    t = t + (T1 / data.shape[0]) * jnp.arange(data.shape[0])
    loss_fn = eqx.filter_vmap(single_loss_fn, in_axes=(None, eqx.if_array(0), 0, 0))
    return jnp.mean(loss_fn(model, data, t, jr.split(losskey, data.shape[0])))


@ft.partial(eqx.filter_jit, donate="warn-except-first")
def make_step(data, model, average, opt_state, key):
    loss, grads = eqx.filter_value_and_grad(batch_loss_fn)(model, data, key)
    updates, opt_state = optim.update(grads, opt_state)
    model = eqx.apply_updates(model, updates)
    moving = jax.tree_util.tree_map(
        lambda old, new: 0.1 * (new - old) if eqx.is_inexact_array(new) else None, average, model
    )
    return loss, model, eqx.apply_updates(average, moving), opt_state


def drift(model, t, y, share):
    _, beta = eqx.filter_jvp(int_beta, (t, 2), (jnp.ones_like(t), None))
    return -0.5 * beta * (y + share * model(t, y)), beta


@eqx.filter_jit
def sample(model, key, stochastic, steps=30):
    start_key, loop_key = jr.split(key)
    dt = T1 / steps

    def body(y, i):
        t = T1 - i * dt
        change, beta = drift(model, t, y, 2.0 if stochastic else 1.0)
        y = y - dt * change
        if stochastic:
            y = y + jnp.sqrt(beta * dt) * jr.normal(jr.fold_in(loop_key, i), y.shape)
        return y, None

    y, _ = lax.scan(body, jr.normal(start_key, (1, SIZE, SIZE)), jnp.arange(steps))
    return eqx.error_if(y, ~jnp.isfinite(y).all(), "the sample diverged")


@eqx.filter_jit
def divergence(model, t, y, key):
    """Return Hutchinson's estimate of the divergence of the score, by one vjp."""
    eps = jr.rademacher(key, y.shape, y.dtype)
    _, vjp_fn = eqx.filter_vjp(lambda y: model(t, y), y)
    (grad,) = vjp_fn(eps)
    return jnp.sum(grad * eps)


def get_data(key, n=64):
    y, x = jnp.mgrid[:SIZE, :SIZE]
    phase = jr.uniform(key, (n, 2, 1, 1), maxval=2 * jnp.pi)
    waves = jnp.sin(2 * jnp.pi * x / SIZE + phase[:, 0]) + jnp.cos(jnp.pi * y / 2 + phase[:, 1])
    return ((waves - waves.mean()) / waves.std())[:, None]


optim = optax.adabelief(3e-3)
model_key, data_key, train_key, sample_key = jr.split(jr.PRNGKey(5678), 4)
model = Mixer(16, 2, T1, key=model_key)
average = jax.tree_util.tree_map(lambda x: x.copy() if eqx.is_array(x) else x, model)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
data = get_data(data_key)
for step in range(40):
    train_key, key = jr.split(train_key)
    loss, model, average, opt_state = make_step(data, model, average, opt_state, key)
    if step % 4 == 0:
        print(f"step={step} loss={loss.item()!r}")

for stochastic in (True, False):
    keys = jr.split(sample_key, 8)
    images = eqx.filter_vmap(sample, in_axes=(None, 0, None))(average, keys, stochastic)
    print(f"{stochastic=}: mean={images.mean().item()!r} spread={images.std().item()!r}")
total = divergence(average, jnp.array(1.0), data[0], sample_key)
print(f"divergence={total.item()!r}")
