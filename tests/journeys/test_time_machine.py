"""Values on the graph and the search for a NaN, in the real window over a real run."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eqxviz.engine.launch import Launch
from eqxviz.records import Tile
from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

PROGRAMS = Path(__file__).parents[1] / "capturing" / "broken" / "programs"
N_TURNS, WIDTH = 5, 4
TRAIN = """
import time
import jax
import jax.numpy as jnp
import numpy as np

W = np.random.default_rng(0).normal(size=(4, 4)).astype("f4")
XS = np.random.default_rng(1).normal(size=(5, 4)).astype("f4")

def model(w, xs):
    def turn(carry, x):
        carry = jnp.tanh(carry @ w + x)
        return carry, carry.sum()
    carry, sums = jax.lax.scan(turn, jnp.zeros(4), xs)
    return carry.sum() + sums.mean()

@jax.jit
def make_step(w, xs):
    return w * 1.0, model(w, xs)

w = jnp.asarray(W)
while True:
    w, loss = make_step(w, XS)
    time.sleep(0.002)
"""


def carries() -> list[np.ndarray]:
    """Return what `tanh` makes in each turn, as NumPy has it."""
    weights = np.random.default_rng(0).normal(size=(WIDTH, WIDTH)).astype("f4")
    rows = np.random.default_rng(1).normal(size=(N_TURNS, WIDTH)).astype("f4")
    made, carry = [], np.zeros(WIDTH, np.float32)
    for row in rows:
        carry = np.tanh(carry @ weights + row)
        made.append(carry)
    return made


def select(desk: Desk, primitive: str) -> int:
    """Select the first equation of that primitive in the graph that is shown."""
    tab = desk.session.tab_in_front
    names = [tab.graph.text(int(p)) for p in tab.graph.equation_primitive]
    at = names.index(primitive)
    desk.session.select(Selection(kind="equation", graph=tab.key, equation=at))
    return at


def until_values(desk: Desk, ready: Callable[[], bool], what: str) -> None:
    values = desk.session.replaying.values
    desk.until(ready, what, values.changed, values.value_changed)


def until_found(desk: Desk) -> None:
    search = desk.session.replaying.search
    ends = ("found", "missed", "failed")
    desk.until(lambda: search.state in ends, "the search to end", search.changed)


def elements(text: str) -> list[float]:
    """Return the numbers of an array that is printed."""
    return [float(word) for word in re.findall(r"[-\d.]+(?:e[-+]\d+)?", text.split("\n", 1)[1])]


@pytest.fixture
def paused(desk: Desk, tmp_path: Path) -> Desk:
    """A run whose calls are kept, paused after some, its function drawn."""
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    desk.run(script)
    session = desk.session
    desk.until(lambda: session.run is not None and session.run.status.step > 3, "some steps")
    assert not desk.window.run_bar.keep.button.isChecked()
    desk.act("run.keep")
    keeping = session.replaying.keeping
    desk.until(
        lambda: keeping.words.startswith("keeps "), "a call to be kept", session.keeping_changed
    )
    assert desk.window.run_bar.keep.button.isChecked()
    desk.act("run.pause")
    desk.wait_for_state("paused")
    desk.until(lambda: session.graphs and session.graphs[0].state == "filled", "the graph")
    desk.until(lambda: session.model is not None, "the arguments")
    return desk


@pytest.mark.full
def test_what_an_equation_of_a_loop_makes_in_a_turn_is_what_numpy_makes(qtbot, paused: Desk):
    desk, session = paused, paused.session
    values = session.replaying.values
    view = desk.view("values")
    select(desk, "tanh")
    until_values(desk, lambda: values.value is not None, "the value")
    assert view.shows_replay
    head = view.replay_page.head
    (number,) = head.turns.numbers
    assert number.text() == f"turn 1 of {N_TURNS}"
    for turn in (2, 4):
        number.setValue(turn + 1)
        until_values(
            desk,
            lambda turn=turn: values.replayed.iterations == (turn,) and values.value is not None,
            f"turn {turn}",
        )
        np.testing.assert_allclose(elements(values.value.text), carries()[turn], rtol=1e-5)
    page = view.replay_page.leaf_view
    desk.until(lambda: isinstance(page.tile, Tile), "the heat map", page.tile_changed)
    np.testing.assert_allclose(page.tile.mean.ravel(), carries()[4], rtol=1e-5)
    # What it read is the sum, of the same turn.
    head.chooser.setCurrentIndex(1)
    head.chooser.activated.emit(1)
    until_values(desk, lambda: values.value is not None, "the input")
    read = np.arctanh(carries()[4].astype("f8"))
    np.testing.assert_allclose(elements(values.value.text), read, rtol=1e-3)
    # In the graph there is a mark beside it.
    graph = desk.view("graph")
    assert [note.is_bad for note in graph.page.canvas.highlight.notes]
    # A node of the tree that was open is still open.
    tree = session.model.tree
    node = next(n for n in range(len(tree)) if tree.path(n) == "w")
    session.select(Selection(kind="node", node=node))
    desk.until(lambda: session.value is not None and session.value.node == node, "the leaf")
    assert not view.shows_replay
    session.back()
    until_values(desk, lambda: values.state == "filled", "the value again")
    call = values.replayed.call
    # How far the replay is to be trusted.
    desk.act("run.check_replay")
    checking = session.replaying.checking
    desk.until(lambda: checking.state == "filled", "the comparison", checking.changed)
    assert "equal the call's own" in session.replaying.check_words
    # The run goes on: what is shown says of which call it is.
    desk.act("run.continue")
    desk.wait_for_state("running")
    assert values.moment == f"call {call:,}, before"
    assert values.state == "filled"
    desk.act("run.pause")
    desk.wait_for_state("paused")
    until_values(desk, lambda: values.replayed.call > call, "the value of a later call")
    assert session.problems == []


def run_until_nan(desk: Desk, name: str, **how: object) -> Path:
    """Run one of the programs that go wrong, to pause for what is not finite."""
    script = PROGRAMS / f"{name}.py"
    launch = Launch(str(script), stops=("nan",), **how)
    desk.window.opener.run(launch, is_trusted=True)
    return script


def line_of(script: Path, text: str) -> int:
    return next(i for i, line in enumerate(script.read_text().splitlines(), 1) if text in line)


def test_a_nan_is_followed_to_where_it_was_made(qtbot, desk: Desk):
    script = run_until_nan(desk, "nested_scan", keep_calls=True)
    desk.wait_for_state("paused")
    session, search = desk.session, desk.session.replaying.search
    until_found(desk)
    line = line_of(script, "taste = jnp.log")
    blame = search.blame
    assert search.title == f"Inf first made by log, nested_scan.py:{line}, call {blame.call}"
    assert blame.iterations == (3, 2)
    # The graph is in front, the card over it, the equation selected and in sight.
    assert desk.window.centre.view_name == "graph"
    view = desk.view("graph")
    assert view.blame.isVisible()
    assert view.blame.code.text().startswith("taste = jnp.log")
    desk.until(lambda: session.selection.equation == blame.equation, "the equation")
    qtbot.waitUntil(lambda: view.page.scene is not None, timeout=20_000)
    qtbot.waitUntil(lambda: view.page.scene.box_of(blame.equation) >= 0, timeout=20_000)
    qtbot.waitUntil(lambda: bool(view.page.canvas.highlight.lit), timeout=20_000)
    assert any(note.text.startswith("first") for note in view.page.canvas.highlight.notes)
    # What it read is shown, in the turn in which it went wrong.
    values = session.replaying.values
    until_values(desk, lambda: values.value is not None, "the input")
    assert values.replayed.iterations == (3, 2)
    assert values.value.maximum == 0
    assert [problem.code for problem in session.problems] == ["not-finite"]
    view.blame.buttons["line"].click()
    assert session.selection == Selection(kind="source", file=str(script), line=line)
    # It is put away, asked for again, given up, and found again.
    search.dismiss()
    assert not view.blame.isVisible()
    desk.act("run.non_finite")
    search.cancel()
    assert (search.state, search.problem.code) == ("failed", "cancelled")
    view.blame.buttons["retry"].click()
    until_found(desk)
    assert search.blame.equation == blame.equation


@pytest.mark.full
def test_a_call_that_was_not_kept_is_kept_by_one_click_and_the_nan_found(desk: Desk):
    script = run_until_nan(desk, "log_zero")
    desk.wait_for_state("paused")
    search = desk.session.replaying.search
    until_found(desk)
    assert search.state == "missed"
    card = desk.view("graph").blame
    assert "was kept" in card.note.text() or "was not kept" in card.note.text()
    first = desk.session.run
    card.buttons["again"].click()
    assert desk.session.run is not first
    desk.wait_for_state("paused")
    until_found(desk)
    assert search.state == "found"
    assert search.blame.file == str(script)
    assert desk.settings  # and it is remembered for the script
    assert str(script) in desk.session.kept_scripts


def test_a_call_whose_arguments_were_donated_says_so(desk: Desk, tmp_path: Path):
    # Curves are read some calls later: it goes on for longer than that.
    long = (PROGRAMS / "donated_adam.py").read_text().replace("range(22)", "range(100_000)")
    script = tmp_path / "donated_adam.py"
    script.write_text(long)
    desk.window.opener.run(Launch(str(script), stops=("nan",)), is_trusted=True)
    desk.wait_for_state("paused")
    search = desk.session.replaying.search
    until_found(desk)
    assert search.state == "missed"
    assert search.problem.code == "donated"
    assert "donated" in search.note
    assert search.can_keep
