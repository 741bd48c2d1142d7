"""Models are compared in a real worker: targets, files, snapshots, what was before a reload."""

import numpy as np
import pytest

from eqxviz.session.compare.difference_table import summary
from eqxviz.session.export import export_opened

MODELS = """
import equinox as eqx
import jax, jax.numpy as jnp

class Net(eqx.Module):
    weight: jax.Array
    bias: jax.Array
    act: object
    size: int = eqx.field(static=True)

def act(x):
    return jnp.tanh(x) * 2

small = Net(jnp.ones((2, 3)), jnp.zeros(3), act, 3)
moved = Net(jnp.ones((2, 3)).at[1, 2].set(4.0), jnp.zeros(3), act, 3)
wide = Net(jnp.ones((2, 4)), jnp.zeros(4), jnp.tanh, 4)
"""


@pytest.fixture
def models(session, owner, write):
    path = write("models.py", MODELS)
    session.open(f"{path}:small")
    owner.run_until(lambda: session.model_state != "working")
    assert session.model_state == "filled", session.model_problem
    yield path
    session.comparison.clear()
    for side in [*session.comparison.sides.snapshots, *session.comparison.sides.others]:
        session.comparison.sides.release(side)


def compared(session, owner, note=""):
    """What differs when the comparison is done: words by path."""
    comparison = session.comparison
    owner.run_until(lambda: not comparison.is_busy)
    assert comparison.state == "filled", comparison.problem
    assert note in comparison.note if note else not comparison.note
    table = comparison.table
    return {table.path(row): table.words(row) for row in table.rows().tolist()}


def test_two_targets_of_a_file_are_compared_by_value(session, owner, models):
    session.comparison.compare_with_file(f"{models}:moved")
    assert compared(session, owner) == {"small.weight": "values"}
    table = session.comparison.table
    (row,) = table.rows().tolist()
    cells = [table.cell(row, column) for column in range(2, 7)]
    assert cells == ["f32[2,3]", "f32[2,3]", "3", "0.75", "1"]
    assert summary(table) == "1 differs in values; 3 are equal"
    session.comparison.ask_map(row)
    owner.run_until(lambda: session.comparison.difference_map is not None)
    assert session.comparison.difference_map.cells.tolist() == [[0, 0, 0], [0, 0, 3]]


def test_shapes_and_static_values_are_told(session, owner, models):
    session.comparison.compare_with_file(f"{models}:wide")
    assert compared(session, owner) == {
        "small.weight": "shape",
        "small.bias": "shape",
        "small.act": "static value",
        "small.size": "static value",
    }


def test_a_file_that_was_edited_is_loaded_beside_what_is_open(session, owner, models, write):
    write("models.py", MODELS.replace("jnp.zeros(3), act, 3)", "jnp.zeros(3) - 1, act, 3)"))
    session.comparison.compare_with_reloaded()
    # The function is another object by now, with the same code.
    assert compared(session, owner) == {"small.bias": "values"}
    value = None

    def answered(answer):
        nonlocal value
        value = answer

    from eqxviz.records import ReadValue

    session.ask_model(lambda model: ReadValue(model.tree.revision, 1), answered)
    owner.run_until(lambda: value is not None)
    assert value.maximum == 1.0  # the open one is still there


def test_files_of_the_same_name_are_compared(session, owner, models, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "models.py").write_text(MODELS.replace("* 2", "* 3"))
    session.comparison.compare_with_file(f"{other / 'models.py'}:small")
    assert compared(session, owner) == {"small.act": "static value"}


def test_a_snapshot_outlives_the_reload_of_its_file(session, owner, models, write):
    comparison = session.comparison
    comparison.sides.take_snapshot()
    owner.run_until(lambda: comparison.sides.snapshots)
    assert comparison.sides.snapshots[0].n_bytes == (6 + 3) * 4
    write("models.py", MODELS.replace("jnp.ones((2, 3))", "(jnp.ones((2, 3)) * 1.5)"))
    session.reload()
    owner.run_until(lambda: session.model_state == "filled")
    comparison.compare_with_snapshot()
    assert compared(session, owner) == {"small.weight": "values"}
    assert np.nanmax(comparison.table.max_abs) == 0.5
    assert [side.kind for side in comparison.sides.all()] == ["open", "snapshot", "before"]
    comparison.sides.release(comparison.sides.snapshots[0])
    assert (comparison.state, comparison.sides.snapshots) == ("empty", [])


def test_before_a_reload_only_the_tree_is_known(session, owner, models, write):
    write("models.py", MODELS.replace("jnp.zeros(3), act, 3)", "jnp.zeros(5), act, 3)"))
    comparison = session.comparison
    session.reload()
    owner.run_until(lambda: session.model_state == "filled")
    (was,) = comparison.sides.others
    comparison.compare(was, comparison.sides.open_side)
    why = 'of "before the reload · models.py:small" only the tree is known'
    assert compared(session, owner, why) == {"small.bias": "shape"}


def test_a_file_that_cannot_be_opened_is_a_problem_in_place(session, owner, models):
    session.comparison.compare_with_file(f"{models}:nothing")
    owner.run_until(lambda: session.comparison.state == "failed")
    assert session.comparison.problem.code == "no-such-name"
    assert session.model_state == "filled"


def test_a_comparison_is_made_again_when_the_open_model_is_another_one(
    session, owner, models, write
):
    comparison = session.comparison
    comparison.sides.take_snapshot()
    owner.run_until(lambda: comparison.sides.snapshots)
    comparison.compare_with_snapshot()
    assert compared(session, owner) == {}
    write("models.py", MODELS.replace("jnp.zeros(3), act, 3)", "jnp.zeros(3) - 1, act, 3)"))
    session.reload()
    owner.run_until(lambda: session.model_state == "filled")
    assert compared(session, owner) == {"small.bias": "values"}


def test_a_model_is_compared_with_its_records_and_with_its_shapes(session, owner, models, tmp_path):
    kept, why = tmp_path / "kept.eqxviz", []
    export_opened(session, str(kept), why.append)
    owner.run_until(lambda: why)
    assert why == [""]
    session.comparison.compare_with_file(str(kept))
    assert compared(session, owner, "the file holds no arrays") == {}
    assert summary(session.comparison.table) == "All 3 leaves and 1 static field look alike"


def test_weights_of_two_files_are_compared(session, owner, write, tmp_path):
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    np.savez(first, w=np.ones(3), b=np.zeros(2), gone=np.ones(1))
    np.savez(second, w=np.ones(3) * 2, b=np.zeros(2))
    session.open(str(first))
    owner.run_until(lambda: session.model_state != "working")
    session.comparison.compare_with_file(str(second))
    assert compared(session, owner) == {"first['gone']": "only in A", "first['w']": "values"}
    assert summary(session.comparison.table) == "1 differs in values, 1 only in A; 1 is equal"


def test_a_snapshot_in_the_host_is_in_another_place_and_equal(session, owner, models):
    comparison = session.comparison
    comparison.sides.take_snapshot(on_host=True)
    owner.run_until(lambda: comparison.sides.snapshots)
    comparison.compare_with_snapshot()
    assert compared(session, owner) == {}
    table = comparison.table
    assert summary(table) == "2 differ in place; 2 are equal"
    (row, _) = table.rows("place").tolist()
    assert "A: in the host; B: cpu:0." in table.explanation(row)


LARGE = """
import numpy as np
params = {f"layer{i}": [np.full(2, i), np.zeros(1)] for i in range(12_000)}
"""


def test_a_large_model_comes_in_parts_and_its_comparison_can_be_cancelled(session, owner, write):
    comparison = session.comparison
    session.open(write("large.py", LARGE))
    owner.run_until(lambda: session.model_state != "working" and not session.is_growing)
    comparison.sides.take_snapshot()
    owner.run_until(lambda: comparison.sides.snapshots)
    assert len(comparison.sides.snapshots[0].tree) == 36_001
    comparison.compare_with_snapshot()
    owner.run_until(lambda: comparison.n_compared > 0)
    assert comparison.is_busy
    comparison.cancel()
    assert not comparison.is_busy
    assert summary(comparison.table) == "All 24,000 leaves look alike"
    comparison.compare_with_snapshot()
    assert compared(session, owner) == {}
    assert summary(comparison.table) == "All 24,000 leaves are equal"
    comparison.sides.release(comparison.sides.snapshots[0])
