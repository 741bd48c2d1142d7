"""Live curves: found by name, complete, and where the user left them."""

from collections import Counter

import numpy as np
import pytest
from PySide6.QtCore import Qt

from eqxviz.gui.plotting.glyphs import colour_role
from eqxviz.gui.run import CurvesView
from eqxviz.gui.run.keeping import BoardKeeping
from eqxviz.gui.settings import Settings
from eqxviz.gui.theme import Theme
from eqxviz.records.telemetry import BatchSize
from eqxviz.session.plots.board import Sight
from eqxviz.session.plots.lines import ShownRun
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.run.conftest import CardOf, drawn
from tests.gui.shown import add_points, names_by_tab, show_run

ACCURACY = 'metrics["accuracy"]'


def shown_titles(view: CurvesView) -> list[str]:
    return [card.title.text for card in view.cards.values() if card.isVisible()]


def test_without_a_run_the_view_says_what_it_is_for(view: CurvesView):
    assert view.stack.state == "empty"


def test_each_name_has_a_plot_with_every_point(view: CurvesView, session: Session, card_of: CardOf):
    show_run(session, n_points=300)
    assert len(drawn(card_of("loss"))[0]) == 300
    assert shown_titles(view) == ["loss", ACCURACY]
    assert view.stack.state == "filled"


def test_new_points_are_drawn_while_following(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=50)
    card = card_of("loss")
    add_points(session, 0, "loss", np.ones(25))
    qtbot.waitUntil(lambda: len(drawn(card)[0]) == 75)
    assert drawn(card)[0][-1] == 74


def test_a_spike_among_very_many_points_is_seen(session: Session, card_of: CardOf):
    values = np.zeros(200_000)
    values[123_456] = 7.0
    show_run(session, n_points=2)
    add_points(session, 2, "spiky", values)
    x, y = drawn(card_of("spiky"))
    assert float(np.nanmax(y)) == 7.0
    assert len(x) < 2_000


def test_points_that_are_no_numbers_are_marked(session: Session, card_of: CardOf):
    show_run(session, n_points=10)
    add_points(session, 2, "broken", np.array([1.0, np.nan, 2.0, np.inf, -np.inf]))
    trace = card_of("broken").drawing.lines[0].trace
    assert trace.nan.tolist() == [1.0]
    assert trace.above.tolist() == [3.0]
    assert trace.below.tolist() == [4.0]


def test_what_comes_moves_nothing_once_the_user_has_moved_a_plot(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=50)
    card = card_of("loss")
    card.canvas.zoomed.emit(10.0, 20.0)
    qtbot.waitUntil(lambda: card.drawing.window == (10.0, 20.0))
    assert view.bar.follow_box.currentText() == "Stand still"
    before = card.drawing
    add_points(session, 0, "loss", np.full(25, 1e6))
    qtbot.waitUntil(lambda: card.drawing is not before)
    assert card.drawing.window == (10.0, 20.0)
    assert card.drawing.reach == before.reach


def test_nothing_is_drawn_anew_when_nothing_changed(
    view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=50)
    card = card_of("loss")
    before = card.drawing
    view.refresh()
    assert card.drawing is before


def test_the_newest_stretch_is_followed_at_its_width(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=500)
    card = card_of("loss")
    view.board.follow(Sight("newest", 0.0, 100.0))
    qtbot.waitUntil(lambda: card.drawing.window == pytest.approx((399, 500)))
    add_points(session, 0, "loss", np.ones(250))
    qtbot.waitUntil(lambda: card.drawing.window == pytest.approx((649, 750)))
    assert view.bar.follow_box.currentText() == "Follow newest"


def test_a_logarithmic_axis_draws_powers_of_ten_evenly(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=2)
    add_points(session, 2, "powers", np.array([1.0, 10.0, 100.0]))
    card = card_of("powers")
    view.bar.log_box.click()
    qtbot.waitUntil(lambda: drawn(card)[1] == pytest.approx([0.0, 1.0, 2.0]))


def test_values_without_a_logarithm_are_marked_and_said(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=2)
    add_points(session, 2, "both", np.array([1.0, -10.0, 100.0]))
    card = card_of("both")
    card.steering.command("log")
    qtbot.waitUntil(lambda: card.drawing.lines[0].trace.below.tolist() == [1.0])
    assert "no logarithm" in card.note.text


def test_another_run_starts_with_empty_plots(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=50)
    card = card_of("loss")
    show_run(session, n_points=7)
    qtbot.waitUntil(lambda: len(drawn(card)[0]) == 7)


def test_the_plots_of_the_run_before_go_when_another_begins(
    view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=50)
    before = card_of("loss")
    session.run = RunView("/x/train.py", (), "", None)
    session.run_changed.emit()
    assert view.stack.state == "working"
    assert not before.isVisible()


def test_scalars_of_the_carried_state_are_shown_on_request(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=50)
    add_points(session, 2, "model.scale", np.ones(50), is_state=True)
    qtbot.waitUntil(lambda: view.bar.state_box.text() == "State (1)")
    assert shown_titles(view) == ["loss", ACCURACY]
    view.bar.state_box.click()
    assert card_of("model.scale").isVisible()


def test_a_run_that_returns_only_its_state_shows_it(session: Session, card_of: CardOf):
    run = show_run(session, n_points=0)
    run.series.clear()
    add_points(session, 2, "state.loss", np.ones(5), is_state=True)
    assert card_of("state.loss").isVisible()


def test_a_curve_of_a_single_step_has_room_on_both_sides(session: Session, card_of: CardOf):
    show_run(session, n_points=1)
    low, high = card_of("loss").drawing.window
    assert low < -0.4
    assert high > 0.4


def test_samples_are_offered_once_the_run_has_said_how_many_a_step_takes(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    run = show_run(session, n_points=50)
    card = card_of("loss")
    assert "not said how many samples" in view.bar.axis_box.toolTip()
    run.add(BatchSize(0, 32))
    session.metrics_arrived.emit(None)
    qtbot.waitUntil(lambda: "not said" not in view.bar.axis_box.toolTip())
    view.bar.axis_box.setCurrentText("Samples")
    qtbot.waitUntil(lambda: drawn(card)[0][-1] == 50 * 32)


def test_a_click_on_a_plot_selects_its_curve_and_pins_the_step(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=50)
    card = card_of(ACCURACY)
    frame = card.canvas.frame
    at = frame.box.center().toPoint()
    at.setX(round(frame.x(30.0)))
    qtbot.mouseMove(card.canvas, at)
    qtbot.waitUntil(lambda: bool(card.readings))
    qtbot.mouseClick(card.canvas, Qt.MouseButton.LeftButton, pos=at)
    assert session.selection == Selection(kind="series", series=1, step=30)
    qtbot.waitUntil(lambda: card.canvas.pin_place == 30.0)
    assert card.title.font().underline()
    session.select(Selection(kind="series", series=0))
    assert not card.title.font().underline()
    assert card_of("loss").title.font().underline()


def test_the_cursor_reads_the_exact_points_of_every_plot(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=300)
    loss, accuracy = card_of("loss"), card_of(ACCURACY)
    loss.canvas.hovered.emit(100.3)
    qtbot.waitUntil(lambda: bool(accuracy.readings))
    assert loss.canvas.cursor_place == accuracy.canvas.cursor_place == 100.3
    (reading,) = loss.readings.values()
    assert (reading.point.step, reading.point.value) == (100, np.exp(-1.0))
    assert "0.367879" in loss.reading.text
    assert "step 100" in loss.reading.text
    loss.canvas.hovered.emit(float("nan"))
    qtbot.waitUntil(lambda: not accuracy.readings)


def test_the_cursor_stays_at_its_step_when_the_axis_becomes_logarithmic(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=300)
    loss = card_of("loss")
    loss.canvas.hovered.emit(100.0)
    for is_log, place in ((True, 2.0), (False, 100.0)):
        view.board.change_look(is_log_x=is_log)
        qtbot.waitUntil(lambda place=place: loss.canvas.cursor_place == pytest.approx(place))
        assert "step 100" in loss.reading.text
    # Steps and seconds, or samples, stand to each other as each curve has it.
    view.board.change_look(x="seconds")
    qtbot.waitUntil(lambda: np.isnan(loss.canvas.cursor_place))


def test_a_smoothed_curve_stands_beside_the_raw_one(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=300)
    card = card_of("loss")
    view.bar.smooth_slider.setValue(4)
    qtbot.waitUntil(lambda: card.drawing.lines[0].smooth is not None)
    assert card.drawing.smooths
    assert view.bar.smooth_value.text() == "10"
    card.canvas.hovered.emit(200.0)
    qtbot.waitUntil(lambda: "(" in card.reading.text)


def test_a_curve_is_dragged_into_another_plot(view: CurvesView, session: Session, card_of: CardOf):
    show_run(session, n_points=50)
    loss, accuracy = card_of("loss"), card_of(ACCURACY)
    view.board.merge(accuracy.plot, loss.plot)
    both = card_of(f"loss, {ACCURACY}")
    assert both is loss
    assert both.series == (0, 1)
    assert [e.name for e in both.legend.entries] == ["loss", ACCURACY]


def test_a_click_in_the_legend_hides_a_curve_and_shows_it_again(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=50)
    view.board.merge(card_of(ACCURACY).plot, card_of("loss").plot)
    card = card_of(f"loss, {ACCURACY}")
    card.legend.entries[1].click()
    qtbot.waitUntil(lambda: len(card.drawing.lines) == 1)
    assert "hidden" in card.legend.entries[1].accessibleName()
    card.legend.entries[1].click()
    qtbot.waitUntil(lambda: len(card.drawing.lines) == 2)


def test_curves_of_an_earlier_run_are_drawn_over_and_named(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    earlier = show_run(session, n_points=30)
    run = show_run(session, n_points=50)
    card = card_of("loss")
    view._runs = (ShownRun(run, ""), ShownRun(earlier, "train.py, yesterday"))
    view.refresh()
    own, other = card.drawing.all_lines
    assert other.label == "loss · train.py, yesterday"
    assert own.style.dash != other.style.dash
    assert card.series == (0,)
    assert len(card.legend.entries) == 2


def test_the_run_at_hand_lies_over_those_it_is_compared_with(
    qtbot, view: CurvesView, session: Session, theme: Theme, card_of: CardOf
):
    runs = [show_run(session, n_points=500) for _ in range(2)]
    card = card_of("loss")
    view._runs = (ShownRun(runs[1], ""), ShownRun(runs[0], "train.py, yesterday"))
    view.refresh()
    canvas = card.canvas
    image = canvas.grab().toImage()
    box = canvas.frame.box.toRect()
    seen = Counter(
        image.pixelColor(x, y).name()
        for x in range(box.left(), box.right())
        for y in range(box.top(), box.bottom())
    )
    own, other = (theme.color(colour_role(line.style)).name() for line in card.drawing.all_lines)
    assert seen[own] > 3 * seen[other]  # of the other, nothing is seen but its marks


def test_a_ring_stands_where_the_run_compiled_and_leads_there(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=300)
    card = card_of("loss")
    assert [mark.place for mark in card.drawing.compiles] == [100.0, 200.0]
    frame = card.canvas.frame
    at = frame.box.bottomLeft().toPoint()
    at.setX(round(frame.x(100.0)))
    qtbot.mouseClick(card.canvas, Qt.MouseButton.LeftButton, pos=at)
    assert (session.selection.kind, session.selection.compile) == ("compile", 0)


@pytest.mark.parametrize(("key", "grows"), [(Qt.Key.Key_Plus, False), (Qt.Key.Key_Minus, True)])
def test_keys_zoom_and_zero_shows_everything(
    qtbot, view: CurvesView, session: Session, card_of: CardOf, key: Qt.Key, grows: bool
):
    show_run(session, n_points=300)
    card = card_of("loss")
    whole = card.drawing.window
    qtbot.keyClick(card.canvas, key)
    qtbot.waitUntil(lambda: card.drawing.window != whole)
    low, high = card.drawing.window
    assert (high - low > whole[1] - whole[0]) == grows
    qtbot.keyClick(card.canvas, Qt.Key.Key_0)
    qtbot.waitUntil(lambda: card.drawing.window == whole)


def test_a_key_gives_a_plot_all_the_room_and_escape_takes_it_back(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=300)
    card = card_of("loss")
    qtbot.keyClick(card.canvas, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: shown_titles(view) == ["loss"])
    qtbot.keyClick(card.canvas, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: shown_titles(view) == ["loss", ACCURACY])


def test_the_plots_of_a_script_are_remembered(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    settings = Settings(on_disk=False)
    view.use_settings(settings)
    show_run(session, n_points=50)
    view.board.merge(card_of(ACCURACY).plot, card_of("loss").plot)
    view._keeping.keep()
    view.board.restore("")
    view._keeping = BoardKeeping(view.board, view)
    view.use_settings(settings)
    show_run(session, n_points=50)
    assert card_of(f"loss, {ACCURACY}").isVisible()


def test_curves_are_searched_and_ticked_into_a_plot(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=20)
    for i in range(200):
        add_points(session, 2 + i, f"layer_{i}/norm", np.ones(3))
    card_of("layer_1/norm")
    view.focus_search()
    view.list.choose(card_of("loss").plot)
    view.list.search("layer_19 norm")
    rows = [view.list.names.item(i) for i in range(view.list.names.count())]
    found = [item for item in rows if not item.isHidden()]
    assert [item.text() for item in found] == [f"layer_{i}/norm" for i in (19, *range(190, 200))]
    found[0].setCheckState(Qt.CheckState.Checked)
    assert card_of("loss, layer_19/norm").isVisible()


def test_what_can_be_used_by_keyboard_has_a_name(
    view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session, n_points=20)
    card_of("loss")
    names = names_by_tab(view)
    assert all(names)
    assert {"Horizontal axis", "Smoothing", "Curves of loss", "What is followed"} <= set(names)
