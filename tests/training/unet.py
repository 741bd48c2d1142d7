"""A U-Net cuts discs out of a noisy background; its blocks are recomputed on the way back."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

SIZE = 16


def make_batch(key, n):
    centre_key, radius_key, noise_key, tilt_key = jr.split(key, 4)
    centre = jr.uniform(centre_key, (n, 2, 1, 1), minval=4, maxval=12)
    radius = jr.uniform(radius_key, (n, 1, 1), minval=2, maxval=5)
    y, x = jnp.mgrid[:SIZE, :SIZE]
    mask = jnp.hypot(x - centre[:, 0], y - centre[:, 1]) < radius
    tilt = jr.normal(tilt_key, (n, 1, 1)) * (x - SIZE / 2) / SIZE
    image = mask + tilt + 0.4 * jr.normal(noise_key, mask.shape)
    return image[:, None], mask[:, None].astype(jnp.float32)


class Block(eqx.Module):
    conv1: eqx.nn.Conv2d
    conv2: eqx.nn.Conv2d
    norm1: eqx.nn.GroupNorm
    norm2: eqx.nn.GroupNorm
    shortcut: eqx.Module

    def __init__(self, in_channels, out_channels, *, key):
        k1, k2, k3 = jr.split(key, 3)
        self.conv1 = eqx.nn.Conv2d(in_channels, out_channels, 3, padding="SAME", key=k1)
        self.conv2 = eqx.nn.Conv2d(
            out_channels, out_channels, 3, padding=2, dilation=2, padding_mode="REFLECT", key=k2
        )
        self.norm1 = eqx.nn.GroupNorm(min(4, in_channels), in_channels)
        self.norm2 = eqx.nn.GroupNorm(4, out_channels)
        if in_channels == out_channels:
            self.shortcut = eqx.nn.Identity()
        else:
            self.shortcut = eqx.nn.Conv2d(in_channels, out_channels, 1, use_bias=False, key=k3)

    @eqx.filter_checkpoint
    def __call__(self, x):
        h = self.conv1(jax.nn.silu(self.norm1(x)))
        h = self.conv2(jax.nn.silu(self.norm2(h)))
        return h + self.shortcut(x)


class UNet(eqx.Module):
    stem: eqx.nn.Conv2d
    down: list[Block]
    pool: tuple[eqx.nn.MaxPool2d, eqx.nn.AvgPool2d]
    middle: Block
    up: list[eqx.nn.ConvTranspose2d]
    merge: list[Block]
    head: eqx.nn.WeightNorm

    def __init__(self, width, *, key):
        keys = iter(jr.split(key, 20))
        sizes = [width, 2 * width]
        self.stem = eqx.nn.Conv2d(1, width, 3, padding=1, padding_mode="CIRCULAR", key=next(keys))
        self.down = [
            Block(width, sizes[0], key=next(keys)),
            Block(sizes[0], sizes[1], key=next(keys)),
        ]
        self.pool = (eqx.nn.MaxPool2d(2, 2), eqx.nn.AvgPool2d(2, 2))
        self.middle = Block(sizes[-1], sizes[-1], key=next(keys))
        self.up = [
            eqx.nn.ConvTranspose2d(sizes[-1], size, 2, stride=2, key=next(keys))
            for size in reversed(sizes)
        ]
        self.up[1] = eqx.nn.ConvTranspose2d(sizes[1], sizes[0], 3, 2, 1, 1, key=next(keys))
        self.merge = [Block(2 * size, size, key=next(keys)) for size in reversed(sizes)]
        self.head = eqx.nn.WeightNorm(eqx.nn.Conv2d(width, 1, 1, key=next(keys)))

    def __call__(self, x):
        x = self.stem(x)
        skips = []
        for block, pool in zip(self.down, self.pool, strict=True):
            x = block(x)
            skips.append(x)
            x = pool(x)
        x = self.middle(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skips), strict=True):
            x = merge(jnp.concatenate([up(x), skip]))
        return self.head(x)


def compute_loss(model, image, mask):
    logits = eqx.filter_vmap(model, axis_name="batch")(image)
    bce = optax.sigmoid_binary_cross_entropy(logits, mask).mean()
    prob = jax.nn.sigmoid(logits)
    dice = 1 - 2 * (prob * mask).sum() / (prob.sum() + mask.sum())
    return bce + dice, {"bce": bce, "dice": dice}


@eqx.filter_jit(donate="all-except-first")
def make_step(batch, model, opt_state):
    grad = eqx.filter_value_and_grad(compute_loss, has_aux=True)
    (_, losses), grads = grad(model, *batch)
    updates, opt_state = optim.update(grads, opt_state, eqx.filter(model, eqx.is_inexact_array))
    return eqx.apply_updates(model, updates), opt_state, losses, optax.global_norm(grads)


@eqx.filter_jit
def overlap(model, image, mask):
    found = jax.vmap(model)(image) > 0
    return (found & (mask > 0)).sum() / (found | (mask > 0)).sum()


optim = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(3e-3))
model = UNet(8, key=jr.PRNGKey(0))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
arrays, static = eqx.partition(model, eqx.is_array)
print("parameters:", sum(x.size for x in jax.tree_util.tree_leaves(arrays)))
print("output:", eqx.filter_eval_shape(model, jax.ShapeDtypeStruct((1, SIZE, SIZE), jnp.float32)))
for step in range(16):
    batch = make_batch(jr.fold_in(jr.PRNGKey(1), step), 8)
    model, opt_state, losses, norm = make_step(batch, model, opt_state)
    losses = {name: loss.item() for name, loss in losses.items()}
    print(f"step={step} {losses!r} gradient={norm.item()!r}")
print(f"overlap={overlap(model, *make_batch(jr.PRNGKey(2), 32)).item()!r}")
