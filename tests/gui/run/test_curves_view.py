"""Live curves: found by name, complete, and where the user left them."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from eqxviz.gui.run import CurvesView
from eqxviz.gui.theme import Theme
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.shown import add_points, put_on_screen, show_run


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> CurvesView:
    return put_on_screen(qtbot, CurvesView(session, theme), 900, 600)


def drawn(view: CurvesView, name: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = view.plots[name]._lines[0].getData()
    return x, y


def test_without_a_run_the_view_says_what_it_is_for(view: CurvesView):
    assert view.stack.state == "empty"


def test_each_name_has_a_plot_with_every_point(qtbot, view: CurvesView, session: Session):
    show_run(session, n_points=300)
    qtbot.waitUntil(lambda: len(view.plots) == 2)
    assert list(view.plots) == ["loss", 'metrics["accuracy"]']
    qtbot.waitUntil(lambda: len(drawn(view, "loss")[0]) == 300)
    assert view.stack.state == "filled"


def test_new_points_are_drawn_while_following(qtbot, view: CurvesView, session: Session):
    show_run(session, n_points=50)
    qtbot.waitUntil(lambda: "loss" in view.plots and len(drawn(view, "loss")[0]) == 50)
    add_points(session, 0, "loss", np.ones(25))
    qtbot.waitUntil(lambda: len(drawn(view, "loss")[0]) == 75)
    assert drawn(view, "loss")[0][-1] == 74


def test_a_spike_among_very_many_points_is_seen(qtbot, view: CurvesView, session: Session):
    values = np.zeros(200_000)
    values[123_456] = 7.0
    show_run(session, n_points=2)
    add_points(session, 2, "spiky", values)
    qtbot.waitUntil(lambda: "spiky" in view.plots and drawn(view, "spiky")[1] is not None)
    qtbot.waitUntil(lambda: float(np.nanmax(drawn(view, "spiky")[1])) == 7.0)
    assert len(drawn(view, "spiky")[0]) < 10_000


def test_points_that_are_no_numbers_are_marked(qtbot, view: CurvesView, session: Session):
    show_run(session, n_points=10)
    add_points(session, 2, "broken", np.array([1.0, np.nan, 2.0]))
    qtbot.waitUntil(lambda: "broken" in view.plots)
    qtbot.waitUntil(lambda: view.plots["broken"]._nans.getData()[0].tolist() == [1.0])


def test_moving_a_plot_ends_following(qtbot, view: CurvesView, session: Session):
    show_run(session, n_points=50)
    qtbot.waitUntil(lambda: "loss" in view.plots)
    plot = view.plots["loss"]
    plot._view.setXRange(10, 20, padding=0)
    plot._view.sigRangeChangedManually.emit([True, True])
    assert not view.follow_box.isChecked()
    add_points(session, 0, "loss", np.ones(25))
    qtbot.waitUntil(lambda: not view._redraw.isActive())
    assert plot._view.viewRange()[0] == pytest.approx([10, 20])


def test_a_logarithmic_axis_draws_powers_of_ten_evenly(qtbot, view: CurvesView, session: Session):
    show_run(session, n_points=2)
    add_points(session, 2, "powers", np.array([1.0, 10.0, 100.0]))
    qtbot.waitUntil(lambda: "powers" in view.plots)
    view.log_box.setChecked(True)
    assert drawn(view, "powers")[1] == pytest.approx([0.0, 1.0, 2.0])


def test_another_run_starts_with_empty_plots(qtbot, view: CurvesView, session: Session):
    show_run(session, n_points=50)
    qtbot.waitUntil(lambda: "loss" in view.plots)
    show_run(session, n_points=7)
    qtbot.waitUntil(lambda: "loss" in view.plots and len(drawn(view, "loss")[0]) == 7)


def test_the_axis_shows_the_steps_that_are_drawn(qtbot, view: CurvesView, session: Session):
    show_run(session, n_points=300)
    qtbot.waitUntil(lambda: "loss" in view.plots)
    axis = view.plots["loss"].item.getAxis("bottom")
    qtbot.waitUntil(lambda: axis.range[1] == pytest.approx(299, abs=10))


def test_scalars_of_the_carried_state_are_shown_on_request(
    qtbot, view: CurvesView, session: Session
):
    show_run(session, n_points=50)
    add_points(session, 2, "model.scale", np.ones(50), is_state=True)
    qtbot.waitUntil(lambda: len(view.plots) == 3)
    assert view.plots["loss"].isVisible()
    assert not view.plots["model.scale"].isVisible()
    assert view.state_box.text() == "State (1)"
    view.state_box.setChecked(True)
    assert view.plots["model.scale"].isVisible()


def test_a_run_that_returns_only_its_state_shows_it(qtbot, view: CurvesView, session: Session):
    run = show_run(session, n_points=0)
    run.series.clear()
    add_points(session, 2, "state.loss", np.ones(5), is_state=True)
    qtbot.waitUntil(lambda: "state.loss" in view.plots)
    assert view.plots["state.loss"].isVisible()


def test_a_curve_of_a_single_step_has_room_on_both_sides(qtbot, view: CurvesView, session: Session):
    show_run(session, n_points=1)
    qtbot.waitUntil(lambda: "loss" in view.plots)
    (x0, x1), _ = view.plots["loss"]._view.viewRange()
    assert x0 < -0.4
    assert x1 > 0.4


def test_steps_are_counted_in_whole_numbers_and_seconds_are_not(
    qtbot, view: CurvesView, session: Session
):
    show_run(session, n_points=3)
    qtbot.waitUntil(lambda: "loss" in view.plots)
    axis = view.plots["loss"].item.getAxis("bottom")
    assert {spacing for spacing, _ in axis.tickSpacing(0, 2, 600)} == {1}
    view.axis_box.setCurrentIndex(1)
    assert min(spacing for spacing, _ in axis.tickSpacing(0, 0.02, 600)) < 1


def test_a_click_on_a_plot_selects_its_curve(qtbot, view: CurvesView, session: Session):
    show_run(session, n_points=50)
    qtbot.waitUntil(lambda: len(view.plots) == 2)
    plot = view.plots['metrics["accuracy"]']
    qtbot.waitUntil(lambda: plot.plot.height() > 100)
    qtbot.mouseClick(plot.plot.viewport(), Qt.MouseButton.LeftButton)
    assert session.selection == Selection(kind="series", series=1)
    assert plot._title.font().underline()
    session.select(Selection(kind="series", series=0))
    assert not plot._title.font().underline()
    assert view.plots["loss"]._title.font().underline()
