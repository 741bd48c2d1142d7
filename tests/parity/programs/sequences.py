"""Layers for sequences: embeddings, recurrent cells and attention."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.parity.outcome import Program
from tests.parity.parameters import filled, waves


def _key(seed: int = 0) -> jax.Array:
    return jax.random.key(seed)


def _made(name: str, *args: Any, **kwargs: Any) -> Program:
    return lambda eqx: getattr(eqx.nn, name)(*args, key=_key(), **kwargs)


def _table(eqx: ModuleType) -> Any:
    return eqx.nn.Embedding(weight=waves(3, 2))


def _looked_up(x: Any) -> Program:
    return lambda eqx: _table(eqx)(x)


def _embedding_transformed(eqx: ModuleType) -> Any:
    table = _table(eqx)
    return (
        table(1, key=_key()),
        jax.vmap(table)(jnp.array([2, 0, 2])),
        jax.jit(lambda i: table(i))(jnp.array(1)),
        jax.grad(lambda table: jnp.sum(table(1) ** 2))(table),
    )


_EMBEDDING: dict[str, Program] = {
    "Embedding": _made("Embedding", 3, 4),
    **{
        f"Embedding of {dtype}": _made("Embedding", 3, 4, dtype=dtype)
        for dtype in ("float16", "bfloat16", "complex64")
    },
    "Embedding of nothing": _made("Embedding", 0, 4),
    "Embedding as nothing": _made("Embedding", 4, 0),
    "Embedding of a weight": _table,
    "Embedding of a weight and sizes": lambda eqx: eqx.nn.Embedding(3, 4, waves(3, 4)),
    "Embedding of a weight and a size": lambda eqx: eqx.nn.Embedding(3, None, waves(3, 4)),
    "Embedding of a weight and a dtype": lambda eqx: eqx.nn.Embedding(
        weight=waves(3, 4), dtype=jnp.float16
    ),
    "Embedding of a NumPy weight": lambda eqx: eqx.nn.Embedding(weight=np.ones((3, 4))),
    "Embedding of a NumPy weight, looked up": lambda eqx: eqx.nn.Embedding(weight=np.eye(3))(1),
    "Embedding of a NumPy weight, past its end": lambda eqx: eqx.nn.Embedding(weight=np.eye(3))(4),
    **{f"Embedding at {i}": _looked_up(i) for i in (0, 2, 5, -1, -5)},
    "Embedding at an array": _looked_up(jnp.array(1)),
    "Embedding at an array past the end": _looked_up(jnp.array(7)),
    "Embedding at a small integer": _looked_up(jnp.array(1, jnp.uint8)),
    "Embedding at a NumPy array": _looked_up(np.array(1)),
    "Embedding at a NumPy number": _looked_up(np.int64(1)),
    "Embedding at a truth value": _looked_up(True),
    "Embedding transformed": _embedding_transformed,
    "Embedding at a float": _looked_up(1.0),
    "Embedding at an array of a float": _looked_up(jnp.array(1.0)),
    "Embedding at several": _looked_up(jnp.array([1, 2])),
    "Embedding at a list": _looked_up([1, 2]),
    "Embedding at text": _looked_up("a"),
    "Embedding at None": _looked_up(None),
    "Embedding without a key": lambda eqx: eqx.nn.Embedding(3, 4),
    "Embedding without a size": lambda eqx: eqx.nn.Embedding(3, key=_key()),
    "Embedding without anything": lambda eqx: eqx.nn.Embedding(),
    "Embedding with a number as key": lambda eqx: eqx.nn.Embedding(3, 4, key=3),
    "Embedding of a vector": lambda eqx: eqx.nn.Embedding(weight=waves(3)),
    "Embedding of a weight of another size": lambda eqx: eqx.nn.Embedding(3, 5, waves(3, 4)),
    "Embedding of a negative number": _made("Embedding", -1, 4),
    "Embedding of a negative size": _made("Embedding", 3, -4),
    "Embedding of a fractional size": _made("Embedding", 3, 2.5),
    "Embedding of integers": _made("Embedding", 3, 4, dtype=int),
}


def _rope(*args: Any, x: Any = None, **kwargs: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        layer = eqx.nn.RotaryPositionalEmbedding(*args, **kwargs)
        return layer if x is None else (layer, jax.jit(lambda x: layer(x))(x))

    return program


def _rope_transformed(eqx: ModuleType) -> Any:
    layer, x = eqx.nn.RotaryPositionalEmbedding(6), waves(4, 6)
    return (
        layer(x, key=_key()),
        jax.jit(layer)(x),
        jax.vmap(layer, in_axes=1, out_axes=1)(waves(4, 2, 6)),
        jax.grad(lambda x: jnp.sum(layer(x) ** 3))(x),
        layer(waves(9, 6)),
        layer(waves(2, 6)),
        jax.tree_util.tree_leaves(layer),
    )


def _rope_parts(eqx: ModuleType) -> Any:
    cls = eqx.nn.RotaryPositionalEmbedding
    precompute = jax.jit(cls.precompute_freqs_cis, static_argnums=(0, 1, 2, 3))
    return (
        cls.rotate_half(waves(2, 4)),
        cls.rotate_half(waves(2, 3)),
        cls.rotate_half(waves(4)),
        [
            precompute(size, end, theta, dtype)
            for size, end, theta, dtype in (
                (4, 3, 10_000.0, jnp.float32),
                (10, 300, 500_000.0, jnp.float32),
                (6, 5, 100, jnp.float16),
                (6, 5, 100.0, jnp.bfloat16),
                (4, 0, 100.0, jnp.float32),
                (3, 2, 100.0, jnp.float32),
            )
        ],
    )


def _rope_strict(eqx: ModuleType) -> Any:
    with jax.numpy_dtype_promotion("strict"):
        layer = eqx.nn.RotaryPositionalEmbedding(4, dtype=jnp.float16)
        return layer(waves(2, 4, dtype=jnp.float16)), layer(waves(2, 4))


_ROPE: dict[str, Program] = {
    "RoPE": _rope(4),
    "RoPE by position": _rope(4, 100, jnp.float16),
    "RoPE by name": _rope(embedding_size=4, theta=100.0, dtype="float16"),
    "RoPE of nothing": _rope(0, x=jnp.ones((3, 0))),
    "RoPE of nowhere": _rope(4, x=jnp.ones((0, 4))),
    "RoPE called": _rope(8, x=waves(5, 8)),
    "RoPE of NumPy": _rope(8, x=np.asarray(waves(5, 8))),
    "RoPE of integers": _rope(8, x=jnp.arange(16).reshape(2, 8)),
    **{
        f"RoPE of {ours} called with {dtype}": _rope(12, dtype=ours, x=waves(5, 12, dtype=dtype))
        for ours in ("float16", "bfloat16", "float32")
        for dtype in ("float16", "bfloat16", "float32")
    },
    "RoPE transformed": _rope_transformed,
    "RoPE's parts": _rope_parts,
    "RoPE under strict promotion": _rope_strict,
    "RoPEs are equal": lambda eqx: (
        eqx.nn.RotaryPositionalEmbedding(4) == eqx.nn.RotaryPositionalEmbedding(4)
    ),
    "RoPE is hashable": lambda eqx: (
        hash(eqx.nn.RotaryPositionalEmbedding(4)) == hash(eqx.nn.RotaryPositionalEmbedding(4))
    ),
    "RoPE of an odd size": _rope(3),
    "RoPE of a negative size": _rope(-2),
    "RoPE of text": _rope("a"),
    "RoPE of another size": _rope(4, x=waves(3, 5)),
    "RoPE of a vector": _rope(4, x=waves(4)),
    "RoPE of a batch": _rope(4, x=waves(2, 3, 4)),
}


def _cell(name: str, *args: Any, x: Any, hidden: Any, **kwargs: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        cell = filled(eqx, lambda key: getattr(eqx.nn, name)(*args, key=key, **kwargs))
        return cell, cell(x, hidden)

    return program


def _scanned(name: str, zero: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        cell = filled(eqx, lambda key: getattr(eqx.nn, name)(2, 3, key=key))

        def run(cell: Any, xs: Any) -> Any:
            return jax.lax.scan(lambda hidden, x: (cell(x, hidden), None), zero, xs)[0]

        gradient = eqx.filter_grad(
            lambda cell, xs: jnp.sum(jax.tree_util.tree_leaves(run(cell, xs))[0])
        )
        xs = waves(5, 2)
        return (
            eqx.filter_jit(run)(cell, xs),
            eqx.filter_jit(gradient)(cell, xs),
            jax.jit(jax.vmap(lambda x: cell(x, zero, key=_key())))(xs),
        )

    return program


_H = waves(3)

_RNN: dict[str, Program] = {
    "GRUCell drawn": _made("GRUCell", 2, 3),
    "LSTMCell drawn": _made("LSTMCell", 2, 3, use_bias=False),
    "GRUCell": _cell("GRUCell", 2, 3, x=waves(2), hidden=_H),
    "GRUCell without bias": _cell("GRUCell", 2, 3, False, x=waves(2), hidden=_H),
    "LSTMCell": _cell("LSTMCell", 2, 3, x=waves(2), hidden=(_H, _H)),
    "LSTMCell without bias": _cell("LSTMCell", 2, 3, False, x=waves(2), hidden=(_H, _H)),
    "LSTMCell with a list": _cell("LSTMCell", 2, 3, x=waves(2), hidden=[_H, _H]),
    "LSTMCell with a matrix": _cell("LSTMCell", 2, 3, x=waves(2), hidden=waves(2, 3)),
    **{
        f"GRUCell of {dtype}": _cell(
            "GRUCell", 2, 3, dtype=dtype, x=waves(2, dtype=dtype), hidden=waves(3, dtype=dtype)
        )
        for dtype in ("float16", "bfloat16", "complex64")
    },
    "LSTMCell of float16": _cell(
        "LSTMCell",
        2,
        3,
        dtype="float16",
        x=waves(2, dtype=jnp.float16),
        hidden=(waves(3, dtype=jnp.float16),) * 2,
    ),
    "GRUCell of mixed dtypes": _cell("GRUCell", 2, 3, x=waves(2, dtype=jnp.float16), hidden=_H),
    "GRUCell from nothing": _cell("GRUCell", 0, 3, x=jnp.ones(0), hidden=_H),
    "GRUCell scanned": _scanned("GRUCell", jnp.zeros(3)),
    "LSTMCell scanned": _scanned("LSTMCell", (jnp.zeros(3), jnp.zeros(3))),
    "GRUCell of another length": _cell("GRUCell", 2, 3, x=waves(3), hidden=_H),
    "GRUCell of a batch": _cell("GRUCell", 2, 3, x=waves(4, 2), hidden=_H),
    "GRUCell with another state": _cell("GRUCell", 2, 3, x=waves(2), hidden=waves(2)),
    "GRUCell with the state of an LSTMCell": _cell("GRUCell", 2, 3, x=waves(2), hidden=(_H, _H)),
    "GRUCell of a list": _cell("GRUCell", 2, 3, x=[1.0, 2.0], hidden=_H),
    "LSTMCell with the state of a GRUCell": _cell("LSTMCell", 2, 3, x=waves(2), hidden=_H),
    "LSTMCell of another length": _cell("LSTMCell", 2, 3, x=waves(3), hidden=(_H, _H)),
    "LSTMCell with another cell state": _cell("LSTMCell", 2, 3, x=waves(2), hidden=(_H, waves(2))),
    "GRUCell without a key": lambda eqx: eqx.nn.GRUCell(2, 3),
    "LSTMCell with None as key": lambda eqx: eqx.nn.LSTMCell(2, 3, key=None),
    "GRUCell of a fractional size": _made("GRUCell", 2, 1.5),
    "GRUCell of a fractional input": _made("GRUCell", 2.5, 1),
    "GRUCell of a negative size": _made("GRUCell", 2, -1),
    "LSTMCell of integers": _made("LSTMCell", 2, 3, dtype=int),
}

_SEQUENCE = waves(3, 4)
_CAUSAL = jnp.tril(jnp.ones((3, 3), bool))
_OTHER_SIZES = {"key_size": 3, "value_size": 5, "output_size": 6, "qk_size": 7, "vo_size": 2}
_BIASES = {f"use_{name}_bias": True for name in ("query", "key", "value", "output")}


def _attended(*args: Any, sizes: dict[str, Any] | None = None, **kwargs: Any) -> Program:
    """Return a program that calls a layer; the sequence attends to itself if none are given."""

    def program(eqx: ModuleType) -> Any:
        layer = filled(eqx, lambda key: eqx.nn.MultiheadAttention(2, 4, key=key, **(sizes or {})))
        return layer(*(args or (_SEQUENCE,) * 3), **kwargs)

    return program


def _attention_of(dtype: str) -> Program:
    x = waves(3, 4, dtype=dtype)
    return _attended(x, x, x, mask=_CAUSAL, sizes={"dtype": dtype})


def _attention_transformed(eqx: ModuleType) -> Any:
    layer = filled(
        eqx, lambda key: eqx.nn.MultiheadAttention(2, 4, dropout_p=0.5, key=key, **_BIASES)
    )

    def loss(layer: Any, x: Any, key: Any) -> Any:
        return jnp.sum(layer(x, x, x, _CAUSAL, key=key) ** 2)

    batch = waves(2, 3, 4)
    off = eqx.nn.inference_mode(layer)
    return (
        layer,
        off,
        eqx.filter_jit(eqx.filter_value_and_grad(loss))(layer, _SEQUENCE, _key(1)),
        eqx.filter_jit(lambda off, x: jax.vmap(off)(x, x, x))(off, batch),
    )


def _swapped(query: Any, key: Any, value: Any) -> Any:
    print(query.shape, key.shape, value.shape)
    return key * 2, query, value[::-1]


def _with_rope(eqx: ModuleType) -> Any:
    rope = eqx.nn.RotaryPositionalEmbedding(2)

    def process(query: Any, key: Any, value: Any) -> Any:
        turn = jax.vmap(rope, in_axes=1, out_axes=1)
        return turn(query), turn(key), value

    layer = filled(eqx, lambda key: eqx.nn.MultiheadAttention(2, 4, key=key))
    return layer(_SEQUENCE, _SEQUENCE, _SEQUENCE, process_heads=process)


_DROPS = {"dropout_p": 0.5}

_ATTENTION: dict[str, Program] = {
    "attention": lambda eqx: eqx.nn.MultiheadAttention(2, 4, key=_key()),
    "attention by position": lambda eqx: filled(
        eqx,
        lambda key: eqx.nn.MultiheadAttention(
            2, 4, 3, 5, 6, 7, 2, True, True, True, True, 0.5, True, jnp.float16, key=key
        ),
    ),
    "attention of heads that do not divide": lambda eqx: filled(
        eqx, lambda key: eqx.nn.MultiheadAttention(3, 4, key=key)
    ),
    "attention of more heads than channels": lambda eqx: filled(
        eqx, lambda key: eqx.nn.MultiheadAttention(5, 4, key=key)
    ),
    "attention called": _attended(),
    "attention of other sizes": _attended(
        _SEQUENCE, waves(5, 3), waves(5, 5), sizes={**_OTHER_SIZES, **_BIASES}
    ),
    "attention to itself masked": _attended(mask=_CAUSAL),
    "attention masked for each head": _attended(mask=jnp.stack([_CAUSAL, _CAUSAL.T])),
    "attention to nothing": _attended(mask=jnp.zeros((3, 3), bool)),
    "attention masked by numbers": _attended(mask=_CAUSAL.astype(jnp.float32)),
    "attention masked by NumPy": _attended(mask=np.asarray(_CAUSAL)),
    "attention of NumPy": _attended(*[np.asarray(_SEQUENCE)] * 3),
    **{f"attention of {dtype}": _attention_of(dtype) for dtype in ("float16", "bfloat16")},
    "attention of complex64": _attended(
        *[waves(3, 4, dtype=jnp.complex64)] * 3, sizes={"dtype": "complex64"}
    ),
    "attention of mixed dtypes": _attended(waves(3, 4, dtype=jnp.float16), _SEQUENCE, _SEQUENCE),
    "attention with dropout": _attended(key=_key(3), sizes=_DROPS),
    "attention with dropout, masked": _attended(key=_key(3), mask=_CAUSAL, sizes=_DROPS),
    "attention with total dropout": _attended(key=_key(3), sizes={"dropout_p": 1.0}),
    "attention with a key it does not need": _attended(key=_key(3)),
    "attention in inference": _attended(sizes={**_DROPS, "inference": True}),
    "attention called in inference": _attended(inference=True, sizes=_DROPS),
    "attention called in training": _attended(
        inference=False, key=_key(3), sizes={**_DROPS, "inference": True}
    ),
    "attention called by the deprecated name": _attended(
        deterministic=False, key=_key(3), sizes={**_DROPS, "inference": True}
    ),
    "attention called by both names": _attended(deterministic=True, inference=False, sizes=_DROPS),
    "attention transformed": _attention_transformed,
    "attention with processed heads": _attended(process_heads=_swapped),
    "attention with a list of heads": _attended(process_heads=lambda q, k, v: [q, k, v]),
    "attention with rotated heads": _with_rope,
    "attention without a key": lambda eqx: eqx.nn.MultiheadAttention(2, 4),
    "attention with None as key": lambda eqx: eqx.nn.MultiheadAttention(2, 4, key=None),
    "attention with dropout without a key": _attended(sizes=_DROPS),
    "attention of fractional heads": _made("MultiheadAttention", 2.0, 4),
    "attention of a fractional size": _made("MultiheadAttention", 2, 4.0),
    "attention of a batch": _attended(*[waves(2, 3, 4)] * 3),
    "attention of vectors": _attended(*[waves(4)] * 3),
    "attention of another query": _attended(waves(3, 3), _SEQUENCE, _SEQUENCE),
    "attention of other keys": _attended(_SEQUENCE, waves(3, 3), _SEQUENCE),
    "attention of other values": _attended(_SEQUENCE, _SEQUENCE, waves(3, 3)),
    "attention of fewer values than keys": _attended(_SEQUENCE, _SEQUENCE, waves(2, 4)),
    "attention without values": _attended(_SEQUENCE),
    **{
        f"attention masked by shape {shape}": _attended(mask=jnp.ones(shape, bool))
        for shape in ((3,), (1, 3), (4, 4), (1, 3, 3), (3, 3, 3), (1, 2, 3, 3))
    },
    "attention with two heads processed": _attended(process_heads=lambda q, k, v: (q, k)),
    "attention with heads made shorter": _attended(process_heads=lambda q, k, v: (q[:2], k, v)),
    "attention with heads made narrower": _attended(
        process_heads=lambda q, k, v: (q, k, v[..., :1])
    ),
    "attention with no heads processed": _attended(process_heads=lambda q, k, v: None),
    "attention with heads processed by a number": _attended(process_heads=5),
}

PROGRAMS: dict[str, Program] = {**_EMBEDDING, **_ROPE, **_RNN, **_ATTENTION}


def _two_thetas(eqx: ModuleType) -> Any:
    x = waves(3, 14)
    return [
        bool(jnp.array_equal(eqx.nn.RotaryPositionalEmbedding(14, theta)(x), x_at_100))
        for x_at_100 in [eqx.nn.RotaryPositionalEmbedding(14, 100.0)(x)]
        for theta in (100.0, 2.0)
    ]


DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "RoPE of two thetas": (
        _two_thetas,
        [True, False],
        "each has its own angles; in Equinox those of the first layer of a size serve all others",
    ),
    "RoPE of a size that is a float": (
        _rope(4.0),
        TypeError,
        "as for all sizes; Equinox keeps it",
    ),
    "Embedding of a list": (
        lambda eqx: eqx.nn.Embedding(weight=[[1.0, 2.0]]),
        TypeError,
        "an argument of a wrong type; Equinox raises AttributeError",
    ),
    "GRUCell to nothing": (
        _made("GRUCell", 2, 0),
        ValueError,
        "named; Equinox divides by zero",
    ),
    "attention of no heads": (
        _made("MultiheadAttention", 0, 4),
        ValueError,
        "named; Equinox divides by zero",
    ),
    "attention of fewer than no heads": (
        _made("MultiheadAttention", -1, 4),
        ValueError,
        "refused when the layer is made; Equinox fails when it is called",
    ),
    "attention of nothing": (
        lambda eqx: _attended(_SEQUENCE, waves(0, 4), waves(0, 4))(eqx).tolist(),
        [[0.0] * 4] * 3,
        "an average of nothing is zero; Equinox divides by zero",
    ),
    "attention of lists": (
        _attended(*[[[1.0] * 4]] * 3),
        TypeError,
        "an argument of a wrong type; Equinox raises AttributeError",
    ),
    "attention masked by a truth value": (
        _attended(mask=True),
        TypeError,
        "an argument of a wrong type; Equinox raises AttributeError",
    ),
}
