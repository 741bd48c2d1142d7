"""Which two graphs of a session are compared, and that the comparison follows them."""

import json
from pathlib import Path

import pytest

import eqxcore as eqx
from eqxviz.records import Problem, Severity
from eqxviz.session.graph_compare import Status
from eqxviz.session.graph_compare.comparing import GraphComparison, Side
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.session.graph_compare.compared import MODEL, X, Y, drawn, edited_loss, halved, loss

FORWARD = drawn(loss, MODEL, X, Y)
EDITED = drawn(edited_loss, MODEL, X, Y)
GRADIENT = drawn(eqx.filter_value_and_grad(loss), MODEL, X, Y)


class Owner:
    """Runs what threads post, on the test's own thread."""

    def __init__(self) -> None:
        from queue import SimpleQueue

        self.posted = SimpleQueue()

    def finish(self, comparison: GraphComparison) -> None:
        while comparison.state == "working":
            self.posted.get(timeout=30)()


@pytest.fixture
def at_hand() -> Owner:
    return Owner()


@pytest.fixture
def session(at_hand: Owner) -> Session:
    session = Session(at_hand.posted.put)
    tab = GraphTab("model", "loss", node=0)
    tab.fill(FORWARD)
    session.graphs.append(tab)
    session.current_graph = 0
    return session


def redraw(session: Session, graph) -> GraphTab:
    tab = session.graphs[0]
    tab.fill(graph)
    session.graphs_changed.emit()
    return tab


def test_a_tab_keeps_what_it_showed_before(session: Session):
    tab = redraw(session, EDITED)
    assert tab.former is FORWARD
    tab.fail(Problem("draw", Severity.ERROR, "It cannot be traced", "", ""))
    assert tab.former is EDITED
    redraw(session, FORWARD)
    assert tab.former is EDITED  # an edit that failed in between does not come between


def test_what_was_before_is_offered_first_then_tabs_then_what_can_be_drawn(session: Session):
    comparison = session.graph_comparison
    assert [choice.kind for choice in comparison.choices()] == ["drawn"] * 3
    redraw(session, EDITED)
    other = GraphTab("model|gradient", "loss · gradient", node=0, drawn_as="gradient")
    other.fill(GRADIENT)
    session.graphs.append(other)
    kinds = [(choice.kind, choice.title) for choice in comparison.choices()]
    assert kinds == [
        ("former", "What it was before"),
        ("tab", GRADIENT.title),
        ("drawn", "Vmapped of the same"),
        ("drawn", "Training step of the same"),
    ]


def test_an_edit_is_compared_with_what_was_before(session: Session, at_hand: Owner):
    redraw(session, EDITED)
    comparison = session.graph_comparison
    comparison.choose(comparison.choices()[0])
    assert comparison.state == "working"
    at_hand.finish(comparison)
    assert comparison.found.difference.count(Status.ADDED) == 2
    assert comparison.side_of(session.graphs[0]) == 1


def test_a_graph_that_is_drawn_anew_is_compared_anew(session: Session, at_hand: Owner):
    tab = redraw(session, EDITED)
    comparison = session.graph_comparison
    comparison.compare(Side(tab, is_former=True), Side(tab))
    at_hand.finish(comparison)
    redraw(session, drawn(loss, halved(MODEL), halved(X), Y))
    assert comparison.state == "working"
    at_hand.finish(comparison)
    assert comparison.found.difference.before is EDITED
    session.close_graph(0)
    assert comparison.state == "empty"


def test_sides_change_places(session: Session, at_hand: Owner):
    tab = redraw(session, EDITED)
    comparison = session.graph_comparison
    comparison.compare(Side(tab, is_former=True), Side(tab))
    at_hand.finish(comparison)
    comparison.swap()
    at_hand.finish(comparison)
    assert comparison.found.difference.count(Status.REMOVED) == 2
    assert comparison.before.title == EDITED.title


def test_a_comparison_that_is_called_off_leaves_nothing(session: Session, at_hand: Owner):
    tab = redraw(session, EDITED)
    comparison = session.graph_comparison
    comparison.compare(Side(tab, is_former=True), Side(tab))
    comparison.cancel()
    assert comparison.state == "empty"
    at_hand.posted.get(timeout=30)()  # what the thread says of it afterwards
    assert comparison.found is None


def test_a_row_selects_its_equation_where_it_is(session: Session, at_hand: Owner):
    tab = redraw(session, EDITED)
    comparison = session.graph_comparison
    comparison.compare(Side(tab), Side(tab, is_former=True))  # what was added is removed
    at_hand.finish(comparison)
    difference = comparison.found.difference
    removed = int((difference.status == Status.REMOVED).nonzero()[0][0])
    comparison.select(removed)
    assert session.selection.graph == "model"
    same = int((difference.status == Status.SAME).nonzero()[0][0])
    comparison.select(same)
    assert session.selection.graph == "model|former"
    shown = session.graph("model|former")
    assert shown.graph is FORWARD
    assert not shown.can_be_written
    assert comparison.row_of(session.selection) == same
    assert comparison.row_of(Selection()) == -1
    assert comparison.state == "filled"


def test_a_gradient_is_drawn_before_it_is_compared(session: Session, at_hand: Owner, monkeypatch):
    asked = []

    def redraw_as(tab, inputs, drawn_as, batch):
        asked.append(drawn_as)
        other = GraphTab("model|gradient", "loss · gradient", node=0, drawn_as=drawn_as)
        session.graphs.append(other)
        session.graphs_changed.emit()

    monkeypatch.setattr(session, "redraw", redraw_as)
    comparison = session.graph_comparison
    choice = next(c for c in comparison.choices() if c.drawn_as == "gradient")
    comparison.choose(choice)
    assert asked == ["gradient"]
    assert "Drawing the gradient" in comparison.activity
    session.graphs[1].fill(GRADIENT)
    session.graphs_changed.emit()
    at_hand.finish(comparison)
    assert comparison.found.difference.count(Status.ADDED) == 31


def test_a_gradient_that_cannot_be_drawn_is_a_problem(session: Session, monkeypatch):
    problem = Problem("draw", Severity.ERROR, "It returns no scalar", "", "")

    def redraw_as(tab, inputs, drawn_as, batch):
        other = GraphTab("model|gradient", "loss · gradient", node=0, drawn_as=drawn_as)
        other.fail(problem)
        session.graphs.append(other)
        session.graphs_changed.emit()

    monkeypatch.setattr(session, "redraw", redraw_as)
    comparison = session.graph_comparison
    comparison.choose(next(c for c in comparison.choices() if c.drawn_as == "gradient"))
    assert (comparison.state, comparison.problem) == ("failed", problem)


def test_what_differs_is_written_as_text_or_json(session: Session, at_hand: Owner, tmp_path: Path):
    tab = redraw(session, EDITED)
    comparison = session.graph_comparison
    assert comparison.save(str(tmp_path / "a.txt")) == "nothing is compared yet"
    comparison.compare(Side(tab, is_former=True), Side(tab))
    at_hand.finish(comparison)
    assert comparison.save(str(tmp_path / "a.txt")) == ""
    assert (tmp_path / "a.txt").read_text() == comparison.text()
    assert comparison.save(str(tmp_path / "a.json")) == ""
    assert json.loads((tmp_path / "a.json").read_text())["counts"]["added"] == 2
    assert comparison.save(str(tmp_path / "none" / "a.txt")) == "No such file or directory"
