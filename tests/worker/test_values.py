"""Questions about values put to a real worker: in parts, given up, and at a paused call."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import (
    Cancel,
    Control,
    FunctionSeen,
    GateCommand,
    LeafStatistics,
    ModelTree,
    NodeKind,
    OpenedModel,
    OpenModel,
    Problem,
    Progress,
    ReadStatistics,
    ReadTile,
    ReadValue,
    RunState,
    Tile,
    ValueSummary,
)

from .conftest import Client, Run

LARGE = """
import numpy as np

# A hundred thousand rows of the same memory: long to read, and nothing to hold.
large = np.broadcast_to(np.arange(100_000, dtype=np.float32), (100_000, 100_000))
model = {"large": large, "small": np.arange(6.0).reshape(2, 3), "name": "net", "more": [
    np.full(5, float(i)) for i in range(50)]}
"""

TRAIN = """
    import jax, jax.numpy as jnp, warnings

    jax.config.update("jax_debug_nans", True)
    jax.config.update("jax_numpy_dtype_promotion", "strict")

    @jax.jit
    def step(w, x):
        return w - jnp.float32(0.1) * w * x.mean(), (w * w).sum()

    w, x = jax.random.normal(jax.random.key(0), (64, 64)), jnp.ones((8,))
    for i in range(1000):
        w, loss = jax.jit(lambda w, x: step(w, x), donate_argnums=0)(w, x) if i == 0 else step(w, x)
"""


@pytest.fixture(scope="module")
def tree(opener: Client, tmp_path_factory: pytest.TempPathFactory) -> ModelTree:
    path = tmp_path_factory.mktemp("values") / "large.py"
    path.write_text(LARGE)
    return open_model(opener, path)


def open_model(client: Client, path: Path) -> ModelTree:
    answer = client.ask(OpenModel(str(path), "model"))
    assert isinstance(answer, OpenedModel), answer
    return answer.tree


def node(tree: ModelTree, path: str) -> int:
    return next(n for n in range(len(tree)) if tree.path(n).endswith(path))


def tile_of(tree: ModelTree, path: str, side: int = 1 << 20) -> ReadTile:
    return ReadTile(tree.revision, node(tree, path), 0, 1, (0, 0), (0, side), (0, side))


def test_a_large_array_is_read_in_parts_and_other_questions_come_between(
    opener: Client, tree: ModelTree
):
    asked = ReadValue(tree.revision, node(tree, "['large']"))
    done = [opener.ask(asked) for _ in range(3)]
    assert all(isinstance(answer, Progress) for answer in done)
    read = [answer.n_done for answer in done if isinstance(answer, Progress)]
    assert 0 < read[0] < read[1] < read[2] < 10**10
    assert isinstance(opener.ask(tile_of(tree, "['small']")), Tile)
    after = opener.ask(asked)
    assert isinstance(after, Progress)
    assert after.n_done > read[2]


def test_what_waits_is_dropped_and_what_is_worked_at_ends_when_it_is_cancelled(
    opener: Client, tree: ModelTree
):
    begun = time.monotonic()
    # Ten thousand million elements each: minutes, if one of them were read to its end.
    waiting = [opener.tell(tile_of(tree, "['large']")) for _ in range(100)]
    for request in waiting:
        opener.tell(Cancel(request))
    value = opener.ask(ReadValue(tree.revision, node(tree, "['small']")))
    assert isinstance(value, ValueSummary)
    assert value.mean == 2.5
    assert time.monotonic() - begun < 20
    assert not any(isinstance(event, Tile) for event in opener.events)


def test_the_table_is_answered_in_parts_and_goes_on_amid_a_large_leaf(
    opener: Client, tree: ModelTree
):
    arrays = np.flatnonzero(tree.kind == NodeKind.ARRAY).astype(np.int32)
    small = arrays[arrays != node(tree, "['large']")]
    rows = opener.ask(ReadStatistics(tree.revision, small))
    assert isinstance(rows, LeafStatistics)
    assert rows.nodes.tolist() == small[: len(rows.nodes)].tolist()
    assert len(rows.nodes) > 0
    large = np.array([node(tree, "['large']"), int(small[0])], np.int32)
    parts = [opener.ask(ReadStatistics(tree.revision, large)) for _ in range(2)]
    assert all(isinstance(part, LeafStatistics) and len(part.nodes) == 0 for part in parts)
    assert 0 < parts[0].n_read < parts[1].n_read


def test_what_is_no_array_cannot_be_drawn(opener: Client, tree: ModelTree):
    refused = opener.ask(tile_of(tree, "['name']"))
    assert isinstance(refused, Problem)
    assert refused.code == "no-tile"
    assert "a str is no array" in refused.why


def test_values_of_a_paused_call_are_read_unseen_whatever_the_script_has_set(
    run: Callable[..., Run],
):
    started = run(TRAIN, hold=True)
    client = started.client
    client.until_state(RunState.PAUSED)
    client.ask(Control(GateCommand.STEP))
    client.until_state(RunState.PAUSED)
    opened = client.ask(OpenModel("", "w"))
    assert isinstance(opened, OpenedModel)
    tree = opened.tree
    seen = {function.name for function in client.of(FunctionSeen)}
    value = client.ask(ReadValue(tree.revision, 0))
    assert isinstance(value, ValueSummary)
    assert value.size == 64 * 64
    asked = ReadTile(tree.revision, 0, 0, 1, (0, 0), (0, 64), (0, 64), with_texts=True)
    tile = client.ask(asked)
    assert isinstance(tile, Tile)
    assert tile.mean.mean() == pytest.approx(value.mean, abs=1e-6)
    rows = client.ask(ReadStatistics(tree.revision, np.zeros(1, np.int32)))
    assert isinstance(rows, LeafStatistics)
    assert rows.mean[0] == pytest.approx(value.mean)
    client.ask(Control(GateCommand.STEP))
    client.until_state(RunState.PAUSED)
    # The model of the call before is let go, and nothing of ours was seen as the script's.
    assert isinstance(client.ask(ReadValue(tree.revision, 0)), Problem)
    names = {function.name for function in client.of(FunctionSeen)}
    assert names - seen <= {"step"}
    client.ask(Control(GateCommand.STOP))
    client.until_end()
