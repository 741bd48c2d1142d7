"""The graph view: tabs, states, folding, selection, search."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QApplication, QMenu

from eqxviz.gui.graph import GraphView
from eqxviz.gui.graph.menu import graph_menu
from eqxviz.gui.graph.scene import Hit, Scene
from eqxviz.gui.graph.telling import hit_details
from eqxviz.records import Graph, Problem, Severity
from eqxviz.session.graph_details import telling
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.graph.drawn import draw_step, draw_tree_model
from tests.gui.shown import make_tree, names_by_tab, node_at, put_on_screen, show_model


@pytest.fixture
def view(qtbot, session: Session, theme) -> GraphView:
    return put_on_screen(qtbot, GraphView(session, theme), 1000, 700)


@pytest.fixture
def shown(qtbot, view: GraphView, session: Session) -> GraphView:
    """The view with the model's graph drawn."""
    show_graph(qtbot, view, session, "model", draw_tree_model(), node=0)
    return view


def show_graph(
    qtbot, view: GraphView, session: Session, key: str, graph: Graph, node: int = -1
) -> Scene:
    """Put a drawn tab into the session, and wait until it is on the canvas."""
    tab = GraphTab(key, graph.title, node=node, inputs="f32[2]" if node >= 0 else "")
    tab.fill(graph)
    with qtbot.waitSignal(view.page.scene_shown, timeout=10_000):
        session.graphs.append(tab)
        session.current_graph = len(session.graphs) - 1
        session.graphs_changed.emit()
    return scene_of(view)


def problem() -> Problem:
    return Problem("draw", Severity.ERROR, "The model cannot be called", "why", "fix")


def scene_of(view: GraphView) -> Scene:
    scene = view.page.scene
    assert scene is not None
    return scene


def box(view: GraphView, title: str) -> int:
    return next(i for i, t in enumerate(scene_of(view).texts) if t.title.startswith(title))


def toggle(qtbot, view: GraphView, hit: Hit) -> Scene:
    with qtbot.waitSignal(view.page.scene_shown, timeout=10_000):
        view.page.toggle(hit)
    return scene_of(view)


def middle(view: GraphView, number: int) -> QPoint:
    x, y, width, height = scene_of(view).boxes[number]
    at = view.page.canvas.camera.to_widget(x + width / 2, y + height / 2)
    return QPoint(round(at[0]), round(at[1]))


def click(qtbot, view: GraphView, number: int) -> None:
    view.page.canvas.show_box(number, readable=True)
    qtbot.mouseClick(view.page.canvas, Qt.MouseButton.LeftButton, pos=middle(view, number))


# --- states


def test_without_a_graph_the_view_says_how_to_get_one(view: GraphView):
    assert view.stack.state == "empty"
    assert view.tabs.isHidden()


def test_a_drawn_graph_is_shown_with_its_tab_and_inputs(shown: GraphView):
    assert shown.stack.state == "filled"
    assert shown.tabs.tabText(0) == scene_of(shown).graph.title
    assert shown.call_bar.inputs.text() == "f32[2]"
    assert shown.page.canvas.accessibleName().startswith("Graph of")


def test_a_failed_drawing_shows_its_problem_and_is_tried_again(shown, session):
    show_model(session, make_tree())
    session.graphs[0].fail(problem())
    session.graphs_changed.emit()
    assert shown.stack.state == "failed"
    shown.stack.retried.emit()
    assert session.graphs[0].state == "working"
    assert session.graphs[0].inputs == "f32[2]"


def test_entered_inputs_draw_the_model_anew_and_the_old_picture_stays(shown, session):
    show_model(session, make_tree())
    shown.call_bar.inputs.setText("f32[5]")
    shown.call_bar.inputs.returnPressed.emit()
    assert (session.graphs[0].state, session.graphs[0].inputs) == ("working", "f32[5]")
    assert shown.stack.content.isVisible()
    assert shown.page.scene is not None


def test_cancel_leaves_the_graph_that_was_there(qtbot, shown, session):
    show_model(session, make_tree())
    session.draw_model(0, "f32[5]")
    shown.stack.cancelled.emit()
    assert session.graphs[0].state == "filled"
    assert shown.stack.state == "filled"


def test_a_closed_tab_goes_and_the_view_is_empty_again(shown, session):
    button = shown.tabs.tabButton(0, shown.tabs.ButtonPosition.RightSide)
    assert button is not None
    button.click()
    assert session.graphs == []
    assert shown.stack.state == "empty"


def test_a_graph_that_was_left_comes_back_as_it_was_folded(qtbot, shown, session):
    frame = next(f for f, t in enumerate(scene_of(shown).titles) if t.title == "model.body")
    folded = toggle(qtbot, shown, Hit(frame=frame)).open_groups
    show_graph(qtbot, shown, session, "function:0", draw_step())
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        shown.tabs.setCurrentIndex(0)
    assert scene_of(shown).open_groups == folded


def test_a_graph_that_is_drawn_anew_stays_folded_as_it_was(qtbot, shown, session):
    frame = next(f for f, t in enumerate(scene_of(shown).titles) if t.title == "model.body")
    n_boxes = len(toggle(qtbot, shown, Hit(frame=frame)).boxes)
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        session.graphs[0].fill(replace(session.graphs[0].graph))
        session.graphs_changed.emit()
    assert len(scene_of(shown).boxes) == n_boxes


# --- folding


def test_folding_keeps_the_place_of_what_was_clicked(qtbot, shown):
    canvas = shown.page.canvas
    canvas.set_camera(canvas.camera.zoomed(1.0, 0, 0))
    scene = scene_of(shown)
    frame = next(f for f, t in enumerate(scene.titles) if t.title == "model.body")
    before = canvas.camera.to_widget(*scene.frames[frame, :2])
    after = toggle(qtbot, shown, Hit(frame=frame))
    place = after.boxes[canvas.highlight.selected, :2]
    assert canvas.camera.to_widget(*place) == pytest.approx(before)
    assert after.texts[canvas.highlight.selected].title == "model.body"


def test_space_folds_and_unfolds_what_is_selected(qtbot, shown):
    canvas = shown.page.canvas
    frame = next(f for f, t in enumerate(scene_of(shown).titles) if t.title == "model.body")
    toggle(qtbot, shown, Hit(frame=frame))
    n_folded = len(scene_of(shown).boxes)
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert len(scene_of(shown).boxes) > n_folded
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert len(scene_of(shown).boxes) == n_folded


def test_a_click_on_the_chevron_and_a_double_click_on_the_title_fold(qtbot, shown):
    canvas = shown.page.canvas
    for act, right in ((qtbot.mouseClick, 12), (qtbot.mouseDClick, 60)):
        scene = scene_of(shown)
        frame = next(f for f, t in enumerate(scene.titles) if t.title == "model.body")
        canvas.fit()
        canvas.set_camera(canvas.camera.zoomed(1 / canvas.camera.zoom, 0, 0))
        x, y = canvas.camera.to_widget(*scene.frames[frame, :2])
        canvas.set_camera(canvas.camera.moved(50 - x, 50 - y))
        with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
            act(canvas, Qt.MouseButton.LeftButton, pos=QPoint(50 + right, 50 + 14))
        toggle(qtbot, shown, Hit(box=box(shown, "model.body")))


# --- selection


def test_a_click_selects_the_equation_for_the_whole_window(qtbot, shown, session):
    number = box(shown, "dot_general")
    click(qtbot, shown, number)
    equation = int(scene_of(shown).seen.box_item[number])
    assert session.selection == Selection(kind="equation", graph="model", equation=equation)
    assert shown.page.canvas.highlight.selected == number


def test_a_click_on_a_box_in_sight_leaves_the_picture_where_it_is(qtbot, shown):
    canvas = shown.page.canvas
    canvas.fit()
    before = canvas.camera
    number = box(shown, "dot_general")
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=middle(shown, number))
    assert canvas.highlight.selected == number
    assert canvas.camera == before


def test_an_equation_selected_elsewhere_comes_into_sight(shown, session):
    canvas = shown.page.canvas
    canvas.set_camera(canvas.camera.moved(5000, 5000))
    equation = len(scene_of(shown).graph) - 1
    session.select(Selection(kind="equation", graph="model", equation=equation))
    number = canvas.highlight.selected
    assert number == scene_of(shown).box_of(equation)
    assert canvas.rect().contains(middle(shown, number))


def test_a_leaf_of_the_tree_highlights_the_equations_that_read_it(shown, session):
    tree = make_tree()
    show_model(session, tree)
    session.select(Selection(kind="node", node=node_at(tree, "model.body.layers[0].weight")))
    scene = scene_of(shown)
    related = [scene.texts[b] for b in shown.page.canvas.highlight.related]
    assert related
    assert all("model.body.layers[0].weight" in text.rows for text in related)


def test_a_source_line_highlights_its_equations(shown, session):
    graph = scene_of(shown).graph
    source = int(graph.equation_source[graph.equation_source >= 0][0])
    file, line = graph.text(graph.source_file[source]), int(graph.source_line[source])
    session.select(Selection(kind="source", file=file, line=line))
    assert shown.page.canvas.highlight.related


def test_an_equation_of_another_tab_brings_its_tab(qtbot, shown, session):
    show_graph(qtbot, shown, session, "function:0", draw_step())
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        session.select(Selection(kind="equation", graph="model", equation=0))
    assert session.current_graph == 0
    assert shown.page.canvas.highlight.selected == scene_of(shown).box_of(0)


def test_a_folded_module_selects_its_node(qtbot, shown, session):
    tree = make_tree()
    show_model(session, tree)
    frame = next(f for f, t in enumerate(scene_of(shown).titles) if t.title == "model.body")
    shown.page.picked.emit(Hit(frame=frame))
    assert (session.selection.kind, session.selection.node) == ("node", node_at(tree, "model.body"))
    assert shown.page.canvas.highlight.selected_frame == frame


def test_a_click_on_nothing_selects_nothing(qtbot, shown, session):
    click(qtbot, shown, box(shown, "dot_general"))
    shown.page.canvas.selected.emit(Hit())
    assert session.selection == Selection()
    assert shown.page.canvas.highlight.is_empty


def test_arrow_keys_walk_along_the_edges(qtbot, shown):
    canvas = shown.page.canvas
    number = box(shown, "dot_general")
    click(qtbot, shown, number)
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    seen, below = scene_of(shown).seen, canvas.highlight.selected
    assert below in seen.edge_to[seen.edge_from == number]
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert below in seen.edge_to[seen.edge_from == canvas.highlight.selected]


def test_the_selected_box_is_told_to_assistive_tools(qtbot, shown):
    click(qtbot, shown, box(shown, "dot_general"))
    told = QAccessible.queryAccessibleInterface(shown.page.canvas)
    assert told.text(QAccessible.Text.Description).startswith("dot_general")


def test_copy_puts_what_is_known_on_the_clipboard(qtbot, shown):
    click(qtbot, shown, box(shown, "dot_general"))
    qtbot.keyClick(shown.page.canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QApplication.clipboard().text()
    assert copied.startswith("dot_general")
    assert "Reads: model.body.layers[0].weight" in copied


# --- search


def test_search_counts_and_walks_round(qtbot, shown):
    shown.search("dot_general")
    n_found = len(shown._search.found)
    assert n_found > 1
    assert len(shown.page.canvas.highlight.matched) == n_found
    seen = []
    for _ in range(n_found + 1):
        shown.search_next(1)
        seen.append(shown.page.canvas.highlight.selected)
    assert seen[0] == seen[-1]
    assert len(set(seen)) == n_found


def test_search_unfolds_what_hides_a_match(qtbot, shown):
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        shown.page.refold(frozenset({0}))
    shown.search("dot_general")
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        shown.search_next(1)
    canvas = shown.page.canvas
    assert scene_of(shown).texts[canvas.highlight.selected].title == "dot_general"
    assert canvas.rect().contains(middle(shown, canvas.highlight.selected))


def test_a_wrong_expression_is_explained_and_finds_nothing(shown):
    shown.search("/(")
    assert "is wrong" in shown.search_bar.problem
    assert not shown.page.canvas.highlight.matched


# --- the rest


def test_the_menu_offers_what_fits_the_box(shown, session):
    show_model(session, make_tree())
    scene, tells = scene_of(shown), telling(session, session.graphs[0])

    def offered(hit: Hit) -> list[str]:
        details = hit_details(scene, tells, hit)
        menu: QMenu = graph_menu(shown.page, scene, hit, details, shown)
        texts = [action.text().split("\t")[0] for action in menu.actions() if action.text()]
        menu.deleteLater()
        return texts

    assert offered(Hit(box=box(shown, "dot_general")))[:7] == [
        "Show what depends on it",
        "Show what it depends on",
        "Show the paths to or from ...",
        "Show the source",
        "Show in the printed jaxpr",
        "Select model.body.layers[0].weight in the tree",
        "Copy",
    ]
    assert "Fold all" in offered(Hit())
    assert "Copy" not in offered(Hit())


def test_resting_on_a_box_shows_its_card_beside_it(shown):
    number = box(shown, "dot_general")
    shown.page.canvas.show_box(number, readable=True)
    shown.page.canvas.hover_rested.emit(Hit(box=number))
    card = shown.page.card
    assert card.isVisible()
    assert not card.geometry().contains(middle(shown, number))
    shown.page.canvas.set_camera(shown.page.canvas.camera.moved(10, 0))
    shown.page.canvas.hover_changed.emit()
    assert card.isHidden()


def test_the_legend_lists_the_kinds_and_folds(shown):
    legend = shown.page.legend
    height = legend.height()
    legend._title.click()
    assert legend.height() < height


def test_the_picture_changes_with_the_theme(shown, theme):
    def darkness() -> float:
        image = shown.page.canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        return float(np.frombuffer(image.constBits(), np.uint8).mean())

    light = darkness()
    theme.set_mode("dark")
    assert darkness() < light / 3
    theme.set_mode("light")


def test_in_a_narrow_view_the_search_line_keeps_room_for_words(qtbot, shown):
    shown.resize(400, 600)
    qtbot.waitUntil(lambda: shown.search_bar.line.width() > 180)
    shown.resize(1000, 600)
    qtbot.waitUntil(lambda: shown.below.button.width() > 80)


def test_tab_goes_through_the_view_as_the_eye_does_and_leaves_the_graph_again(qtbot, shown):
    names = names_by_tab(shown)
    start = names.index("Graphs")
    assert (names[start:] + names[:start])[:10] == [
        *("Graphs", "What is drawn", "Arguments of the call"),
        *("Search: add, kind:matmul, flops>1e9", "Colour by: Kind of equation"),
        *("Compare the graph with another", "Show the jaxpr beside the graph"),
        *("Graph of model", "Kind of equation", "Zoom out (-)"),
    ]
