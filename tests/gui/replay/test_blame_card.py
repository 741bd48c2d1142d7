"""The card over the graph that says where a NaN comes from, and what is marked in the graph."""

import pytest
from PySide6.QtWidgets import QApplication

from eqxviz.engine.launch import Launch
from eqxviz.gui.graph import GraphView
from eqxviz.gui.theme import Theme
from eqxviz.layout import BoxKind
from eqxviz.records import FindNonFinite, HaltKind, KeepCalls, Origin, Progress
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.shown import put_on_screen
from tests.session.replaying.standin import (
    SCRIPT,
    ReplayWorker,
    begin,
    blame,
    drawn,
    equation,
    met_nan,
    missed,
    not_kept,
    pause,
)


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> GraphView:
    return put_on_screen(qtbot, GraphView(session, theme), 800, 700)


def drawn_run(qtbot, view: GraphView, *, keeps: bool = True) -> ReplayWorker:
    """Begin a run whose graph is drawn: at the end of a test nothing is under way."""
    worker = begin(view._session, keeps=keeps)
    qtbot.waitUntil(lambda: view.page.scene is not None)
    return worker


def shown(view: GraphView) -> set[str]:
    return {name for name, button in view.blame.buttons.items() if button.isVisible()}


def test_the_card_tells_of_the_search_and_then_of_what_was_found(qtbot, session, view):
    worker = drawn_run(qtbot, view)
    assert not view.blame.isVisible()
    pause(session, 42, met_nan())
    assert view.blame.isVisible()
    assert view.blame.title == "loss is NaN at step 41"
    worker.answer(Progress(1, 4), FindNonFinite)
    assert view.blame.working.text.endswith("25%")
    worker.answer(blame(), FindNonFinite)
    assert view.blame.title == "NaN first made by log, train.py:20, call 41"
    assert view.blame.code.text() == "return jnp.log(out).sum(), sums"
    assert "negative number" in view.blame.note.text()
    assert shown(view) == {"equation", "values", "line", "copy"}
    assert "Seen in: [0]" in view.blame.accessibleDescription()
    # In the graph the equation is selected, the road is lit, and both have their marks.
    highlight, scene = view.page.canvas.highlight, view.page.scene
    at = scene.box_of(equation("log"))
    assert highlight.selected == at
    assert at in highlight.lit
    notes = {note.box: note for note in highlight.notes}
    assert (notes[at].text, notes[at].is_bad) == ("first NaN", True)
    assert notes[scene.box_of(equation("reduce_sum"))].is_bad
    # At first the graph has the room: what was found in all unfolds.
    height = view.blame.height()
    assert height < 130
    assert not view.blame.facts.isVisible()
    view.blame.fold.click()
    qtbot.waitUntil(lambda: view.blame.height() > height)
    assert view.blame.facts.isVisible()
    assert view.blame.code.isVisible()
    view.blame.fold.click()
    assert view.blame.title.startswith("NaN first made")
    assert not view.blame.facts.isVisible()


def test_the_words_of_the_buttons_are_whole_in_a_narrow_view(qtbot, session, view):
    worker = drawn_run(qtbot, view)
    view.window().resize(416, 700)
    pause(session, 42, met_nan())
    worker.answer(blame(), FindNonFinite)
    qtbot.waitUntil(lambda: view.blame.width() < 416)
    for name in ("equation", "values", "line", "copy"):
        button = view.blame.buttons[name]
        assert button.width() >= button.sizeHint().width(), button.text()
    assert view.blame.buttons["line"].accessibleName() == "Go to the line"


def test_an_equation_in_folded_groups_is_unfolded_to(qtbot, session, view):
    worker = drawn_run(qtbot, view)
    at = equation("sin")
    key = (BoxKind.EQUATION, at)
    view.page.refold(frozenset())
    qtbot.waitUntil(lambda: key not in view.page.scene.box_numbers)
    pause(session, 42, met_nan())
    worker.answer(blame(equation=at, primitive="sin", road=(at,)), FindNonFinite)
    qtbot.waitUntil(lambda: key in view.page.scene.box_numbers)
    assert view.page.canvas.highlight.selected == view.page.scene.box_numbers[key]


def test_the_buttons_lead_to_the_line_the_values_and_the_clipboard(qtbot, session, view):
    worker = drawn_run(qtbot, view)
    session.replaying.search.find()
    worker.answer(blame(), FindNonFinite)
    with qtbot.waitSignal(view.values_wanted):
        view.blame.buttons["values"].click()
    assert session.selection.equation == equation("log")
    view.blame.buttons["line"].click()
    assert session.selection == Selection(kind="source", file=SCRIPT, line=20)
    view.blame.buttons["equation"].click()
    assert session.selection.equation == equation("log")
    view.blame.buttons["copy"].click()
    assert QApplication.clipboard().text().startswith("NaN first made by log, train.py:20")


def test_a_call_that_was_not_kept_is_kept_by_one_click_and_run_again(qtbot, session, view):
    worker = drawn_run(qtbot, view, keeps=False)
    launched = []
    session.start_launch = launched.append
    session.launch = Launch(SCRIPT)
    pause(session, 45, met_nan(HaltKind.CALL))
    worker.answer(not_kept(), FindNonFinite)
    assert "was kept" in view.blame.note.text()
    for name in ("again", "keep"):
        assert "one more model and optimiser state" in view.blame.buttons[name].toolTip()
    assert shown(view) == {"again", "keep", "copy"}
    view.blame.buttons["again"].click()
    assert launched[0].keep_calls
    assert launched[0].stops == ("nan",)


def test_a_call_can_be_kept_from_now_on(qtbot, session, view):
    worker = drawn_run(qtbot, view, keeps=False)
    pause(session, 45, met_nan(HaltKind.CALL))
    worker.answer(not_kept(), FindNonFinite)
    assert shown(view) == {"keep", "copy"}  # nothing says how it was launched
    view.blame.buttons["keep"].click()
    assert worker.of(KeepCalls) == [KeepCalls(True)]
    assert shown(view) == {"copy"}


def test_a_donated_call_says_so(qtbot, session, view):
    worker = drawn_run(qtbot, view)
    pause(session, 42, met_nan())
    worker.answer(missed("donated"), FindNonFinite)
    assert "donated" in view.blame.note.text()


def test_a_finite_replay_has_no_equation_to_go_to(qtbot, session, view):
    worker = drawn_run(qtbot, view)
    session.replaying.search.find()
    found = blame(origin=Origin.NOWHERE, equation=-1, line=0, file="", why="XLA rounds otherwise.")
    worker.answer(found, FindNonFinite)
    assert view.blame.title == "The replay of call 41 stays finite"
    assert shown(view) == {"copy"}


def test_it_is_put_away_with_its_road_and_its_marks(qtbot, session, view):
    worker = drawn_run(qtbot, view)
    session.replaying.search.find()
    worker.answer(blame(), FindNonFinite)
    assert view.page.canvas.highlight.lit
    session.replaying.search.dismiss()
    assert not view.blame.isVisible()
    assert view.page.canvas.highlight.lit is None
    assert view.page.canvas.highlight.notes == ()


def test_the_way_to_a_result_is_searched_by_its_menu(qtbot, session, view):
    worker = drawn_run(qtbot, view)
    session.select(Selection(kind="value", graph="function:0", value=int(drawn().outputs[0])))
    view.page.ask("non-finite")
    assert worker.of(FindNonFinite) == [FindNonFinite(0, "[0]")]
