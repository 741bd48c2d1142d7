"""Details: what is said of a leaf, an equation and a function."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from eqxviz.gui.theme import Theme
from eqxviz.gui.values import DetailsView
from eqxviz.records import Problem, Progress, Severity, ValueSummary
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.shown import add_points, make_tree, node_at, put_on_screen, show_model, show_run
from tests.session.answering import ModelWorker


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> DetailsView:
    return put_on_screen(qtbot, DetailsView(session, theme), 320, 700)


def facts(view: DetailsView) -> dict[str, str]:
    details = view.details()
    assert details is not None
    return {fact.name: fact.value for fact in details.facts}


def summary(node: int, values: np.ndarray) -> ValueSummary:
    counts, edges = np.histogram(values, 8)
    return ValueSummary(
        revision=1,
        node=node,
        text=str(values),
        size=values.size,
        n_nan=0,
        n_inf=0,
        n_zero=int((values == 0).sum()),
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean()),
        std=float(values.std()),
        histogram=counts.astype(np.int64),
        edges=edges,
    )


def test_with_nothing_selected_the_view_says_what_it_is_for(view: DetailsView):
    assert view.stack.state == "empty"


def test_a_leaf_is_described_with_its_filter_and_its_size(view: DetailsView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    node = node_at(tree, "model.head.weight")
    session.select(Selection(kind="node", node=node))
    said = facts(view)
    assert said["Filter"] == "differentiated"
    assert said["Value"] == "f32[3,3]"
    assert said["Parameters"] == "9"
    assert view.stack.state == "filled"


def test_a_shared_module_links_to_its_other_place(view: DetailsView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    head, tied = node_at(tree, "model.head"), node_at(tree, "model.tied")
    session.select(Selection(kind="node", node=head))
    details = view.details()
    assert details is not None
    links = [fact.link for fact in details.facts if fact.name == "Same object"]
    assert links == [Selection(kind="node", node=tied)]
    view.facts.link_clicked.emit(links[0])
    assert session.selection.node == tied


def test_the_statistics_of_the_selected_leaf_are_shown_when_they_arrive(
    view: DetailsView, session: Session
):
    worker = ModelWorker({"weight": jnp.arange(9.0).reshape(3, 3) - 4})
    worker.hold_for(session)
    session.select(Selection(kind="node", node=node_at(worker.tree, "model['weight']")))
    assert not view.values.histogram.isVisible()
    worker.answer_all()
    assert view.values.histogram.isVisible()
    assert view.values.heat_map.isVisible()
    assert "bins" in view.values.histogram.accessibleDescription()
    assert view.values.facts.findChildren(QLabel)


def test_how_much_of_a_large_array_was_read_is_told(view: DetailsView, session: Session):
    worker = ModelWorker({"weight": jnp.ones(3)})
    worker.hold_for(session)
    session.select(Selection(kind="node", node=1))
    worker.waiting[1][1](Progress(40, 100))
    assert view.values.title.text() == "Values: 40% read"
    assert len(worker.asked) == 2
    session.cancel_value()
    assert worker.cancelled[-1] == 2
    assert "cancelled" in view.values.text.text()


def test_statistics_of_another_leaf_are_not_shown(view: DetailsView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    session.select(Selection(kind="node", node=node_at(tree, "model.head.weight")))
    session.value = summary(0, np.ones((2, 2)))
    session.value_changed.emit()
    assert not view.values.histogram.isVisible()


def test_a_value_that_cannot_be_read_says_why(view: DetailsView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    session.select(Selection(kind="node", node=node_at(tree, "model.counts")))
    session.value = Problem(
        "deleted", Severity.NOTE, "No values", "its buffer was donated", "read it before"
    )
    session.value_changed.emit()
    assert view.values.text.isVisible()
    assert "donated" in view.values.text.text()


def test_a_function_is_described_by_its_calls_and_compile_times(
    view: DetailsView, session: Session
):
    show_run(session)
    session.select(Selection(kind="function", function=0))
    said = facts(view)
    assert said["Calls"] == "300"
    assert said["Compile"] == "600 ms"
    assert said["Jitted by"] == "eqxcore.filter_jit"


def test_a_long_word_makes_the_panel_no_wider(view: DetailsView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    node = node_at(tree, "model.head.weight")
    session.select(Selection(kind="node", node=node))
    session.value = replace(summary(node, np.arange(9.0)), text="x" * 2000)
    session.value_changed.emit()
    assert view.minimumSizeHint().width() < 320
    assert view.values.text.width() <= view.width()
    assert view.values.text.heightForWidth(300) > 10 * view.fontMetrics().height()


def test_a_curve_is_described_and_followed_while_points_come(
    qtbot, view: DetailsView, session: Session
):
    show_run(session, n_points=50)
    session.select(Selection(kind="series", series=0))
    assert facts(view)["Points"] == "50"
    assert view.stack.state == "filled"
    add_points(session, 0, "loss", np.array([np.nan]))

    def says_nan() -> bool:
        return any(label.text() == "NaN" for label in view.facts.findChildren(QLabel))

    assert not says_nan()
    qtbot.waitUntil(says_nan)
