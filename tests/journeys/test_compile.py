"""Scripts that compile again and again, under the window: why, at which line, and the alarm."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from eqxviz.records import CompileEvent, Executable
from eqxviz.session.ledger.facts import selection_of
from eqxviz.session.ledger.words import why_line
from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

AGAIN = """
import equinox
import jax
import jax.numpy as jnp

import eqxcore


class Model(eqxcore.Module):
    weight: jax.Array
    depth: int = eqxcore.field(static=True)


@eqxcore.filter_jit
def forward(model, x):
    for _ in range(model.depth):
        x = model.weight * x
    return x


@equinox.filter_jit
def make_step(weight, step):
    return weight * step


@jax.jit
def evaluate(batch):
    return jnp.mean(batch["x"])


weight = jnp.ones(4)
for depth in (1, 2):
    y = forward(Model(weight, depth), weight)
for step in (1, 2, 3):
    weight = make_step(weight, step)
for n in (4, 6):
    mean = evaluate({"x": jnp.ones(n)})
"""

FOREVER = """
import itertools
import jax
import jax.numpy as jnp

@jax.jit
def calm(x):
    return x + 1

for step in itertools.count():
    restless = jax.jit(lambda x: x * 2)
    x = restless(calm(jnp.ones(3)))
"""


def events(desk: Desk, name: str) -> list[CompileEvent]:
    run = desk.session.run
    assert run is not None
    ids = [seen.id for seen in run.functions.values() if seen.name == name]
    return run.ledger.events(ids[0]) if ids else []


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> Desk:
    """A desk with the ledger of a run that has ended."""
    script = tmp_path / "again.py"
    script.write_text(AGAIN)
    desk.run(script)
    desk.wait_for_state("finished", "failed", "died")
    desk.view("compile")
    return desk


def test_the_ledger_says_why_functions_of_each_library_were_compiled_again(ledger: Desk):
    desk = ledger
    why = {name: [why_line(e) for e in events(desk, name)] for name in ("forward", "evaluate")}
    assert why == {
        "forward": ["first compilation", "model.depth: static field 1 → 2"],
        "evaluate": ["first compilation", 'batch["x"]: shape f32[4] → f32[6]'],
    }
    assert [why_line(event) for event in events(desk, "make_step")][1:] == [
        "step: static value 1 → 2",
        "step: static value 2 → 3",
    ]
    view = desk.view("compile")
    again = events(desk, "forward")[1]
    desk.session.select(selection_of(again))
    assert "model.depth" in view.why.why.told[0].sentence
    assert view.events.current == again.id
    details = desk.view("details").details()
    assert details.title == "forward, call 2"
    call = AGAIN.splitlines().index("    y = forward(Model(weight, depth), weight)") + 1
    assert desk.view("source").code.textCursor().document().blockCount() > call
    assert (again.line, Path(again.file).name) == (call, "again.py")
    known = desk.session.run.ledger.executables
    desk.until(lambda: again.id in known, "its memory", desk.session.executables.answered)
    assert isinstance(known[again.id], Executable)
    assert known[again.id].argument_bytes > 0


def test_from_the_ledger_to_the_functions_graph_and_back(ledger: Desk):
    desk = ledger
    view = desk.view("compile")
    desk.session.select(selection_of(events(desk, "evaluate")[1]))
    links = {link.text(): link for link in view.why.findChildren(QPushButton)}
    links["Its graph"].click()
    desk.until(lambda: desk.session.graphs[-1].state != "working", "the graph")
    tab = desk.session.graphs[-1]
    assert (tab.title, tab.problem) == ("evaluate", None)
    desk.session.select(Selection(kind="function", function=tab.function))
    desk.act("go.back")
    assert desk.session.selection.kind in ("compile", "group", "value", "equation")


def test_the_alarm_is_raised_while_a_loop_compiles_at_every_step(desk: Desk, tmp_path: Path):
    script = tmp_path / "forever.py"
    script.write_text(FOREVER)
    desk.run(script)
    view = desk.view("compile")
    desk.until(lambda: view.n_alarms == 1, "the alarm")
    assert desk.session.run.is_live
    (problem,) = desk.session.problems
    assert problem.code == "EQX110"
    assert Path(problem.file).name == "forever.py"
    tabs = desk.window.centre.tabs
    assert "Compile 1" in [tabs.tabText(at) for at in range(tabs.count())]
    desk.view("compile")  # a run that begins has brought the curves to the front
    assert view.alarm.isVisible()
    (marked,) = view.model.alarms
    assert desk.session.run.functions[marked].name == "<lambda>"
    desk.act("run.stop")
    desk.wait_for_state("stopped", "died")
