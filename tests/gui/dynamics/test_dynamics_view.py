"""The Dynamics view, and strips beside the tree."""

import jax.numpy as jnp
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from eqxviz.analysis import model_tree
from eqxviz.gui.dynamics import DynamicsView
from eqxviz.gui.dynamics.leaf_table import LeafModel
from eqxviz.gui.dynamics.plots import Line, NormPlot
from eqxviz.gui.plotting.strip import StripColours, columns_at
from eqxviz.gui.theme import Theme
from eqxviz.gui.tree import TreeView
from eqxviz.records import (
    DynamicsBatch,
    DynamicsHistogram,
    DynamicsLeaves,
    DynamicsState,
    NodeKind,
    Quantity,
    ReplayedGradients,
)
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session
from tests.gui.shown import put_on_screen, show_model

MODEL = {"a": jnp.ones(3), "b": jnp.ones((2, 2))}


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> DynamicsView:
    return put_on_screen(qtbot, DynamicsView(session, theme), 900, 600)


def measure(session: Session, *, steps: int = 5, update: float = 0.1) -> None:
    """Have a run tell norms."""
    tree = model_tree(MODEL, "model", 0)
    nodes = np.flatnonzero(tree.kind == NodeKind.ARRAY).astype(np.int32)
    run = RunView("train.py", (), "", None)
    n = np.arange(1, steps + 1)
    norms = np.stack([n, n * 2], axis=1).astype(np.float32)
    counts = np.ones((2, 64), np.uint16)
    for record in (
        DynamicsState(True, leaves=0, share=0.012),
        DynamicsLeaves(0, 0, tree, nodes, np.zeros(2, np.bool_)),
        DynamicsBatch(
            *(0, n.astype(np.int64) * 10, n.astype(np.float64)),
            *(norms, norms * np.float32(update), np.zeros((steps, 0), np.float32)),
        ),
        DynamicsHistogram(0, 10, Quantity.PARAMETER, counts),
    ):
        run.add(record)
    session.run = run
    session.dynamics_changed.emit()


def test_without_a_run_the_view_says_how_it_is_filled(view: DynamicsView):
    assert view.stack.state == "empty"
    assert not view.switch.isEnabled()
    assert view.cost.text == "Off: costs nothing"


def test_where_it_is_narrow_one_plot_is_shown_and_the_others_can_be_chosen(
    qtbot, view: DynamicsView, session: Session
):
    measure(session)
    view.refresh()
    plots = view.plots
    assert plots.norms.isVisible()
    assert plots.histogram.isVisible()
    assert not plots.choice.isVisible()
    view.resize(416, 330)
    qtbot.waitUntil(plots.choice.isVisible)
    qtbot.waitUntil(lambda: plots.norms.width() > 350)
    assert not plots.histogram.isVisible()
    plots.choice.setCurrentText("Magnitudes")
    assert plots.histogram.isVisible()
    assert not plots.norms.isVisible()


def test_it_is_said_what_is_waited_for_before_the_first_norms(session: Session):
    session.run = RunView("train.py", (), "", None)
    session.run.add(DynamicsState(True))
    assert session.dynamics.waits_for == "Waiting for the first steps"
    session.run.add(DynamicsState(True, leaves=0))
    assert "compiled" in session.dynamics.waits_for


def test_why_there_is_no_model_is_said_on_a_card(view: DynamicsView, session: Session):
    session.run = RunView("train.py", (), "", None)
    session.run.add(DynamicsState(True, why_not="step is not measured: it returns no tree"))
    view.refresh()
    assert view.stack.state == "failed"
    assert view.stack.problem_card is not None


def test_leaves_are_listed_with_their_newest_norm_and_cost_is_told(
    view: DynamicsView, session: Session
):
    measure(session)
    view.refresh()
    assert view.stack.state == "filled"
    assert view.cost.text == "every 10 steps: 1.2% of the time"
    rows = [[view.table.leaves.index(r, c).data() for c in (0, 2, 3)] for r in range(2)]
    assert rows == [["model['a']", "0.1", "3"], ["model['b']", "0.1", "2 × 2"]]
    assert "weight 11.2" in view.plots.norms.accessibleDescription()
    assert not view.grab().isNull()


def test_strips_are_given_the_room_that_names_do_not_take(
    qtbot, view: DynamicsView, session: Session
):
    measure(session)
    view.refresh()
    table, narrow = view.table, view.table.columnWidth(1)
    view.resize(view.width() + 500, view.height())
    qtbot.waitUntil(lambda: table.columnWidth(1) > narrow + 400)
    assert sum(table.columnWidth(i) for i in range(4)) <= table.viewport().width()


def test_another_quantity_is_shown_and_sorted_by(view: DynamicsView, session: Session):
    measure(session)
    session.dynamics.show("parameter")
    view.refresh()
    view.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    leaves = view.table.leaves
    assert [leaves.index(r, 2).data() for r in range(2)] == ["10", "5"]


def test_a_leaf_that_grows_too_fast_is_marked_by_a_word(view: DynamicsView, session: Session):
    measure(session, update=3.0)
    view.refresh()
    assert view.table.leaves.index(0, 2).data() == "3  update > weight"


def test_selecting_a_leaf_selects_it_in_the_open_tree_and_back(
    view: DynamicsView, session: Session
):
    show_model(session, model_tree(MODEL, "model", 1))
    measure(session)
    view.refresh()
    view.table.selectRow(1)
    tree = session.model.tree
    assert tree.path(session.selection.node) == "model['b']"
    assert view.plots.title.text == "model['b']"
    session.select(type(session.selection)(kind="node", node=0))
    assert view.plots.title.text == "model"


def test_the_tree_shows_strips_while_there_are_norms(qtbot, session: Session, theme: Theme):
    tree = put_on_screen(qtbot, TreeView(session, theme), 500, 400)
    show_model(session, model_tree(MODEL, "model", 1))
    assert "dynamics" not in tree.table.header.columns()
    measure(session)
    qtbot.waitUntil(lambda: "dynamics" in tree.table.header.columns())
    assert tree.model.cells_text(1, "dynamics") == "step 50: 0.1"
    assert tree.table.header.columns()[1] == "dynamics"
    tree.sort_by("dynamics", is_falling=True)
    assert not tree.grab().isNull()


def test_the_table_of_leaves_is_a_good_model(session: Session, qtbot):
    model = LeafModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    measure(session)
    model.show(session.dynamics.own_strips())
    model.sort(0, Qt.SortOrder.DescendingOrder)
    assert model.rowCount() > 1
    model.show(None)
    assert model.rowCount() == 0


def test_zero_nan_and_the_unknown_have_colours_of_their_own(theme: Theme):
    colours = StripColours(1e-3, 1.0, theme)
    rows = colours.rows(np.array([1e-3, 1.0, 0.0, -1.0, np.nan, np.inf])).tolist()
    assert rows[:2] == [0, 255]
    assert len(set(rows[2:5])) == 3
    assert rows[5] == 255


def test_each_pixel_of_a_strip_shows_the_column_of_its_step():
    assert columns_at(np.array([10, 20, 100]), 4).tolist() == [0, 2, 2, 2]
    assert not len(columns_at(np.zeros(0, np.int64), 4))


@pytest.mark.parametrize("width", [71, 60, 5])
def test_a_plot_with_no_room_for_its_curves_paints_none(view: DynamicsView, width: int):
    values = np.arange(1, 9, dtype=np.float32)
    plot = NormPlot("Norms", Theme("light"), view)
    plot.show_lines(np.arange(8), [Line("weight", values), Line("update", values * 2)])
    plot.setMinimumSize(1, 1)
    plot.resize(width, 96)
    assert plot.grab().width() == width


def test_marks_come_into_the_open_tree_as_soon_as_gradients_were_replayed(
    view: DynamicsView, session: Session
):
    show_model(session, model_tree(MODEL, "model", 0))
    measure(session)
    before = session.dynamics.strips()
    assert before is not None
    assert before.mark(0) == ""
    gradients = np.array([0, 0], np.float32)
    session.run.add(ReplayedGradients(0, 50, "loss", gradients, 0.1))
    session.dynamics_changed.emit()
    after = session.dynamics.strips()
    assert after is not None
    assert after.mark(0) == "gradient is 0"


def test_every_curve_is_named_where_a_plot_is_narrow(view: DynamicsView):
    values = np.ones(3, np.float32)
    plot = NormPlot("Norms", Theme("light"), view)
    plot.show_lines(np.arange(3), [Line(n, values) for n in ("weight", "update", "gradient")])
    for width in (600, 216, 150):
        plot.resize(width, 150)
        places = plot._legend_places()
        assert len(places) == 4
        assert all(place.x() + 70 < width for place in places[1:])
