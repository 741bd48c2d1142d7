"""What eqxcore does holds in JAX's strict modes, on two devices, and with annotations checked."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import equinox
import jax
import jax.numpy as jnp
import jax.random as jr
import pytest

import eqxcore
from tests.eqxcore.parity_programs import parity_programs
from tests.parity.outcome import differences, observe

#: Of the parity programs one in so many is run in each mode; all are in the full tier.
STRIDE = 100

MODES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "dtype promotion": lambda: jax.numpy_dtype_promotion("strict"),
    "rank promotion": lambda: jax.numpy_rank_promotion("raise"),
}

FULL = pytest.param(1, marks=(pytest.mark.full, pytest.mark.timeout(1800)))


nn = eqxcore.nn
KEY = jr.PRNGKey(0)
#: Each layer with the shape of one input.
LAYERS: dict[str, tuple[Callable[[], object], tuple[int, ...]]] = {
    "Linear": (lambda: nn.Linear(8, 4, key=KEY), (8,)),
    "MLP": (lambda: nn.MLP(8, 4, 8, 2, key=KEY), (8,)),
    "MLP with scan": (lambda: nn.MLP(8, 4, 8, 3, scan=True, key=KEY), (8,)),
    "Conv2d": (lambda: nn.Conv2d(2, 4, 3, padding="SAME", groups=2, key=KEY), (2, 8, 8)),
    "Conv1d, reflected": (
        lambda: nn.Conv1d(2, 4, 3, padding=1, padding_mode="REFLECT", key=KEY),
        (2, 8),
    ),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 4, 3, 2, 1, 1, key=KEY), (2, 4, 4)),
    "MaxPool2d": (lambda: nn.MaxPool2d(2, 2), (2, 8, 8)),
    "AvgPool1d": (lambda: nn.AvgPool1d(3, 2, 1, use_ceil=True), (2, 8)),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d((3, 2)), (2, 8, 8)),
    "LayerNorm": (lambda: nn.LayerNorm((4, 8)), (4, 8)),
    "RMSNorm": (lambda: nn.RMSNorm(8), (8,)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), (4, 3, 3)),
    "WeightNorm": (lambda: nn.WeightNorm(nn.Linear(8, 4, key=KEY)), (8,)),
    "PReLU": (lambda: nn.PReLU(), (8,)),
    "GRUCell": (lambda: _Cell(nn.GRUCell(8, 4, key=KEY)), (8,)),
    "LSTMCell": (lambda: _Cell(nn.LSTMCell(8, 4, key=KEY)), (8,)),
    "MultiheadAttention": (lambda: _Attention(KEY), (6, 8)),
    "BatchNorm, ema": (lambda: nn.BatchNorm(8, "batch", mode="ema"), (8,)),
    "BatchNorm, batch": (lambda: nn.BatchNorm(8, "batch", mode="batch"), (8,)),
    "SpectralNorm": (
        lambda: nn.SpectralNorm(nn.Linear(8, 4, key=KEY), "weight", key=KEY),
        (8,),
    ),
    "Sequential": (
        lambda: nn.Sequential(
            [
                nn.BatchNorm(8, "batch", mode="ema"),
                nn.Lambda(jax.nn.gelu),
                nn.Dropout(0.5),
                nn.Linear(8, "scalar", key=KEY),
            ]
        ),
        (8,),
    ),
}


class _Cell(eqxcore.Module):
    """A recurrent cell, from a state of ones."""

    cell: nn.GRUCell | nn.LSTMCell

    def __call__(self, x: jax.Array, *, key: jax.Array) -> jax.Array:
        hidden = jnp.ones(4, x.dtype)
        is_lstm = isinstance(self.cell, nn.LSTMCell)
        return self.cell(x, (hidden, hidden))[0] if is_lstm else self.cell(x, hidden)


class _Attention(eqxcore.Module):
    """Attention with all there is to it."""

    attention: nn.MultiheadAttention
    embedding: nn.Embedding

    def __init__(self, key: jax.Array) -> None:
        self.attention = nn.MultiheadAttention(
            2, 8, dropout_p=0.5, use_query_bias=True, use_output_bias=True, key=key
        )
        self.embedding = nn.Embedding(6, 8, key=key)

    def __call__(self, x: jax.Array, *, key: jax.Array) -> jax.Array:
        def rotate(q, k, v):
            rope = nn.RotaryPositionalEmbedding(4, dtype=x.dtype)
            turn = jax.vmap(rope, in_axes=1, out_axes=1)
            return turn(q), turn(k), v

        x = x + jax.vmap(self.embedding)(jnp.arange(6)).astype(x.dtype)
        mask = jnp.tril(jnp.ones((6, 6), bool))
        return self.attention(x, x, x, mask, key=key, process_heads=rotate)


def _loss(
    model: object, state: nn.State, x: jax.Array, keys: jax.Array
) -> tuple[jax.Array, object]:
    if isinstance(model, nn.StatefulLayer) and model.is_stateful():
        y, state = jax.vmap(
            lambda x, key: model(x, state, key=key), axis_name="batch", out_axes=(0, None)
        )(x, keys)
    elif isinstance(model, nn.PReLU):
        y = jax.vmap(model)(x)
    else:
        y = jax.vmap(lambda x, key: model(x, key=key))(x, keys)
    return jnp.mean(y), state


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    "dtype",
    ["float32", *(pytest.param(each, marks=pytest.mark.full) for each in ("float16", "bfloat16"))],
)
def test_a_layer_is_trained_without_promotion(name: str, dtype: str) -> None:
    make, shape = LAYERS[name]
    with contextlib.ExitStack() as strict:
        for mode in MODES.values():
            strict.enter_context(mode())
        model, state = nn.make_with_state(make)()
        model, state = jax.tree_util.tree_map(
            lambda x: x.astype(dtype) if eqxcore.is_inexact_array(x) else x, (model, state)
        )
        grad = eqxcore.filter_jit(eqxcore.filter_value_and_grad(_loss, has_aux=True))
        x = jnp.ones((3, *shape), dtype)
        (loss, new_state), grads = eqxcore.filter_eval_shape(
            grad, model, state, x, jr.split(KEY, 3)
        )
        model = eqxcore.filter_eval_shape(eqxcore.apply_updates, model, grads)
    assert loss.dtype == dtype
    for each in jax.tree_util.tree_leaves(eqxcore.filter(model, eqxcore.is_inexact_array)):
        assert each.dtype == dtype
    assert _forms(new_state) == _forms(state)


def _forms(tree: object) -> list[object]:
    return [(each.shape, each.dtype) for each in jax.tree_util.tree_leaves(tree)]


@pytest.mark.parametrize("stride", [STRIDE, FULL])
@pytest.mark.parametrize("mode", MODES)
def test_programs_do_the_same_in_a_strict_mode(mode: str, stride: int) -> None:
    found = {}
    for name, program in list(parity_programs())[::stride]:
        with MODES[mode]():
            theirs, ours = observe(program, equinox), observe(program, eqxcore)
        if theirs.error is None:
            found[name] = differences(theirs, ours)
    assert len(found) > 5
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("stride", [4 * STRIDE, FULL])
def test_annotations_are_true_at_run_time(stride: int, repository: Path) -> None:
    printed = _python("-m", "tests.eqxcore.checked_annotations", str(stride), cwd=repository)
    assert printed[-1].endswith(" passed, 0 failed")


@pytest.mark.full
def test_two_devices_train_as_one_does(repository: Path) -> None:
    script = str(repository / "tests/eqxcore/two_devices.py")
    one, two = (
        _python(
            *("-W", "error", script),
            cwd=repository,
            XLA_FLAGS=f"--xla_force_host_platform_device_count={n}",
        )
        for n in (1, 2)
    )
    assert (one.pop(), two.pop()) == ("devices: 1", "devices: 2")
    # The means are over two halves.
    assert [float(each) for each in two] == pytest.approx([float(each) for each in one], 1e-5, 1e-6)


def _python(*arguments: str, cwd: Path, **variables: str) -> list[str]:
    """Return the lines that a Python prints which is started so; it must end well."""
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(cwd), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.splitlines()
