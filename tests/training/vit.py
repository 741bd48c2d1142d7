"""A vision transformer counts dots; its blocks are stacked into one and scanned over."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

SIZE = 12
PATCH = 4
CLASSES = 4


def make_data(n, seed):
    rng = np.random.default_rng(seed)
    images = rng.normal(0, 0.2, (n, 3, SIZE, SIZE)).astype(np.float32)
    counts = rng.integers(0, CLASSES, n)
    for image, count in zip(images, counts, strict=True):
        for place in rng.choice(9, count, replace=False):
            row, column = 4 * (place // 3) + rng.integers(3), 4 * (place % 3) + rng.integers(3)
            image[:, row : row + 2, column : column + 2] += rng.uniform(0.7, 1.3, (3, 1, 1))
    return images, counts.astype(np.int32)


class PatchEmbedding(eqx.Module):
    conv: eqx.nn.Conv2d

    def __init__(self, embed_dim: int, *, key: PRNGKeyArray):
        self.conv = eqx.nn.Conv2d(3, embed_dim, PATCH, stride=PATCH, key=key)

    def __call__(self, x: Float[Array, "channel row col"]) -> Float[Array, "patch size"]:  # noqa: F722 (shapes)
        x = self.conv(x)
        return x.reshape(x.shape[0], -1).T


class AttentionBlock(eqx.Module):
    layer_norm1: eqx.nn.LayerNorm
    layer_norm2: eqx.nn.LayerNorm
    attention: eqx.nn.MultiheadAttention
    linear1: eqx.nn.Linear
    linear2: eqx.nn.Linear
    dropout1: eqx.nn.Dropout
    dropout2: eqx.nn.Dropout

    def __init__(self, dim: int, hidden: int, heads: int, rate: float, *, key: PRNGKeyArray):
        key1, key2, key3 = jr.split(key, 3)
        self.layer_norm1 = eqx.nn.LayerNorm(dim)
        self.layer_norm2 = eqx.nn.LayerNorm(dim)
        self.attention = eqx.nn.MultiheadAttention(
            heads, dim, use_query_bias=True, use_output_bias=True, dropout_p=rate, key=key1
        )
        self.linear1 = eqx.nn.Linear(dim, hidden, key=key2)
        self.linear2 = eqx.nn.Linear(hidden, dim, key=key3)
        self.dropout1 = eqx.nn.Dropout(rate)
        self.dropout2 = eqx.nn.Dropout(rate)

    def __call__(self, x, enable_dropout: bool, key: PRNGKeyArray):
        key0, key1, key2 = jr.split(key, 3)
        normed = jax.vmap(self.layer_norm1)(x)
        x = x + self.attention(normed, normed, normed, inference=not enable_dropout, key=key0)
        h = jax.vmap(self.linear1)(jax.vmap(self.layer_norm2)(x))
        h = self.dropout1(jax.nn.gelu(h), inference=not enable_dropout, key=key1)
        h = jax.vmap(self.linear2)(h)
        return x + self.dropout2(h, inference=not enable_dropout, key=key2)


class VisionTransformer(eqx.Module):
    patch_embedding: PatchEmbedding
    positional_embedding: Array
    cls_token: Array
    blocks: AttentionBlock
    dropout: eqx.nn.Dropout
    head: eqx.nn.Sequential
    num_layers: int = eqx.field(static=True)

    def __init__(self, dim, hidden, heads, num_layers, rate, *, key):
        keys = jr.split(key, 5)
        patches = (SIZE // PATCH) ** 2
        self.patch_embedding = PatchEmbedding(dim, key=keys[0])
        self.positional_embedding = 0.1 * jr.normal(keys[1], (patches + 1, dim))
        self.cls_token = jr.normal(keys[2], (1, dim))
        self.num_layers = num_layers

        @eqx.filter_vmap
        def make_block(key):
            return AttentionBlock(dim, hidden, heads, rate, key=key)

        self.blocks = make_block(jr.split(keys[3], num_layers))
        self.dropout = eqx.nn.Dropout(rate)
        self.head = eqx.nn.Sequential(
            [eqx.nn.LayerNorm(dim), eqx.nn.Linear(dim, CLASSES, key=keys[4])]
        )

    def __call__(self, x, enable_dropout: bool, key: PRNGKeyArray):
        dropout_key, *block_keys = jr.split(key, self.num_layers + 1)
        x = jnp.concatenate([self.cls_token, self.patch_embedding(x)])
        x = x + self.positional_embedding
        x = self.dropout(x, inference=not enable_dropout, key=dropout_key)
        arrays, static = eqx.partition(self.blocks, eqx.is_array)

        def layer(x, scanned):
            arrays, key = scanned
            return eqx.combine(arrays, static)(x, enable_dropout, key), None

        x, _ = jax.lax.scan(layer, x, (arrays, jnp.stack(block_keys)))
        return self.head(x[0])


@eqx.filter_value_and_grad
def compute_grads(model: VisionTransformer, images, labels, key):
    logits = jax.vmap(model, in_axes=(0, None, 0))(images, True, jr.split(key, len(images)))
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))


@eqx.filter_jit
@eqx.debug.assert_max_traces(max_traces=1)
def step_model(model, opt_state, images, labels, key):
    loss, grads = compute_grads(model, images, labels, key)
    updates, opt_state = optimizer.update(grads, opt_state, eqx.filter(model, eqx.is_inexact_array))
    return eqx.apply_updates(model, updates), opt_state, loss


@eqx.filter_jit
def count_right(model, images, labels):
    model = eqx.tree_inference(model, True)
    logits = eqx.filter_vmap(model, in_axes=(0, None, None))(images, False, jr.PRNGKey(0))
    return jnp.sum(logits.argmax(-1) == labels), logits


def decayed(params):
    return jax.tree_util.tree_map(lambda x: x.ndim > 1, params)


STEPS = 30
schedule = optax.warmup_cosine_decay_schedule(0.0, 1e-2, 5, STEPS)
optimizer = optax.chain(
    optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=0.05, mask=decayed)
)
model = VisionTransformer(dim=16, hidden=32, heads=4, num_layers=3, rate=0.05, key=jr.PRNGKey(2003))
opt_state = optimizer.init(eqx.filter(model, eqx.is_inexact_array))
images, labels = make_data(STEPS * 16, seed=0)
key = jr.PRNGKey(1)
for step in range(STEPS):
    key, subkey = jr.split(key)
    batch = slice(16 * step, 16 * step + 16)
    model, opt_state, loss = step_model(model, opt_state, images[batch], labels[batch], subkey)
    print(f"step={step} loss={loss.item()!r}")
test_images, test_labels = make_data(64, seed=1)
right, logits = count_right(model, test_images, test_labels)
print(f"right={right.item()} logits={logits.sum(0).tolist()!r}")
print(
    eqx.tree_pformat(model.blocks, width=60, truncate_leaf=lambda x: isinstance(x, eqx.nn.Linear))
)
