"""A run whose model is measured: switched on, looked at, kept, and opened again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.conftest import Desk

TRAIN = """
import jax, jax.numpy as jnp, time

@jax.jit
def step(params, x):
    loss, grads = jax.value_and_grad(lambda p: jnp.mean((x @ p["w"] + p["b"]) ** 2))(params)
    return jax.tree.map(lambda p, g: p - 0.01 * g, params, grads), loss

if __name__ == "__main__":
    params = {"w": jnp.ones((3, 2)), "b": jnp.zeros(2)}
    while True:
        params, loss = step(params, jnp.ones((8, 3)))
        time.sleep(0.002)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(TRAIN)
    return path


@pytest.mark.full
def test_a_run_is_measured_and_its_norms_are_kept(
    desk: Desk, script: Path, another_desk: Callable[[], Desk]
):
    desk.run(script)
    desk.wait_for_state("running")
    view = desk.view("dynamics")
    desk.until(lambda: desk.session.dynamics.can_switch, "a run")
    view.refresh()
    view.switch.click()
    dynamics = desk.session.dynamics
    changed = desk.session.dynamics_changed
    desk.until(
        lambda: dynamics.history is not None and len(dynamics.history.steps) > 3, "norms", changed
    )
    view.refresh()
    assert view.stack.state == "filled"
    names = {view.table.leaves.index(row, 0).data() for row in range(2)}
    assert names == {"params['w']", "params['b']"}
    desk.session.replaying.keeping.want(True)
    run = desk.session.run
    assert run is not None
    desk.until(
        lambda: run.keeping is not None and run.keeping.call >= 0,
        "a kept call",
        desk.session.keeping_changed,
    )
    desk.session.pause()
    desk.wait_for_state("paused")
    desk.until(lambda: dynamics.can_replay, "a call to replay", desk.session.keeping_changed)
    dynamics.replay_gradients()
    desk.until(lambda: not dynamics.is_replaying, "gradients", dynamics.changed, changed)
    assert dynamics.problem is None
    history = dynamics.history
    assert history is not None
    desk.until(lambda: bool(history.has_gradient.all()), "gradients in the history", changed)
    desk.session.stop()
    desk.wait_for_state("stopped", "failed", "died")
    n = len(history.steps)
    desk.close()
    again = another_desk()
    again.view("runs")
    kept = again.session.runs
    again.until(lambda: bool(kept.runs), "the kept run", kept.changed)
    kept.open(kept.runs[0].id)
    again.until(lambda: again.session.is_run_kept, "the kept run to be shown", kept.opened)
    found = again.session.dynamics.history
    assert found is not None
    assert len(found.steps) == n
    assert found.has_gradient.all()
