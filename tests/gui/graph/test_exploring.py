"""Finding one's way in a graph: what stands out, colours, edges, keys."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from eqxviz.gui.graph import GraphView
from eqxviz.gui.graph.scene import Hit, Scene
from eqxviz.gui.settings import GRAPH_COLOURS, Settings
from eqxviz.layout import BoxKind
from eqxviz.session.graph.colouring import ColourBy
from eqxviz.session.graph_details import graph_details
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.graph.drawn import draw_step, draw_tree_model
from tests.gui.shown import put_on_screen


@pytest.fixture
def shown(qtbot, session: Session, theme) -> GraphView:
    """The view with the model's graph drawn, all groups open."""
    view = put_on_screen(qtbot, GraphView(session, theme), 1000, 700)
    tab = GraphTab("model", "model", node=0)
    tab.fill(draw_tree_model())
    with qtbot.waitSignal(view.page.scene_shown, timeout=10_000):
        session.graphs.append(tab)
        session.current_graph = 0
        session.graphs_changed.emit()
    return view


def scene_of(view: GraphView) -> Scene:
    scene = view.page.scene
    assert scene is not None
    return scene


def box(view: GraphView, title: str) -> int:
    return next(i for i, t in enumerate(scene_of(view).texts) if t.title.startswith(title))


def press(qtbot, view: GraphView, key: Qt.Key, *, shift: bool = False) -> None:
    modifiers = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(view.page.canvas, key, modifiers)


def on_edge(view: GraphView, edge: int) -> QPoint:
    """Return a point of the canvas on an edge, where no box is."""
    scene, canvas = scene_of(view), view.page.canvas
    curve = scene.placement.curve(edge)
    canvas.show_box(int(scene.seen.edge_to[edge]), readable=True)
    t = 0.5
    weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]
    x, y = np.array(weights) @ curve[-4:]
    return QPoint(*(round(v) for v in canvas.camera.to_widget(float(x), float(y))))


def an_edge(view: GraphView) -> int:
    """Return an edge that is drawn whole, into an equation."""
    scene = scene_of(view)
    return next(
        e
        for e in range(len(scene.seen.edge_from))
        if not scene.seen.edge_far[e]
        and scene.seen.box_kind[scene.seen.edge_to[e]] == BoxKind.EQUATION
        and scene.seen.box_kind[scene.seen.edge_from[e]] == BoxKind.EQUATION
    )


# --- what stands out


def test_a_key_lets_what_depends_on_the_selection_stand_out(qtbot, shown, session):
    first = box(shown, "dot_general")
    shown.page.picked.emit(Hit(box=first))
    press(qtbot, shown, Qt.Key.Key_D)
    lit = shown.page.canvas.highlight.lit
    assert lit is not None
    assert first in lit
    assert 1 < len(lit) < len(scene_of(shown).seen)
    strip = shown.page.strip
    assert strip.isVisible()
    assert strip.text.startswith("What depends on dot_general")
    assert "equations" in strip.text
    assert "1 result" in strip.text


def test_another_key_lets_what_it_depends_on_stand_out(qtbot, shown):
    scene = scene_of(shown)
    shown.page.picked.emit(Hit(box=box(shown, "max")))
    press(qtbot, shown, Qt.Key.Key_A)
    lit = shown.page.canvas.highlight.lit
    assert lit is not None
    titles = {scene.texts[b].title for b in lit}
    assert "dot_general" in titles
    argument = next(b for b in range(len(scene.seen)) if scene.texts[b].title == "x")
    assert argument in lit


def test_escape_shows_all_alike_again_and_then_selects_nothing(qtbot, shown, session):
    shown.page.picked.emit(Hit(box=box(shown, "dot_general")))
    press(qtbot, shown, Qt.Key.Key_D)
    press(qtbot, shown, Qt.Key.Key_Escape)
    assert shown.page.canvas.highlight.lit is None
    assert shown.page.strip.isHidden()
    assert session.selection.kind == "equation"
    press(qtbot, shown, Qt.Key.Key_Escape)
    assert session.selection.kind == "none"


def test_what_lies_between_two_places_stands_out_in_either_order(qtbot, shown, session):
    dots = [i for i, t in enumerate(scene_of(shown).texts) if t.title == "dot_general"]
    shown.page.picked.emit(Hit(box=dots[1]))
    press(qtbot, shown, Qt.Key.Key_P)
    assert "select the other end" in shown.page.strip.text
    shown.page.picked.emit(Hit(box=dots[0]))
    press(qtbot, shown, Qt.Key.Key_P)
    lit = shown.page.canvas.highlight.lit
    assert lit is not None
    assert {dots[0], dots[1]} <= lit
    assert shown.page.strip.text.startswith("Between dot_general and dot_general")


def test_where_no_value_goes_from_one_to_the_other_the_strip_says_so(qtbot, shown, session):
    scene = scene_of(shown)
    reading = scene.reading
    dots = [i for i, t in enumerate(scene.texts) if t.title == "dot_general"]
    apart = next(
        (a, b)
        for a in dots
        for b in dots
        if a < b
        and reading.flow.between(
            *(reading.flow.equation(scene.seen.key(x)[1]) for x in (a, b))
        ).is_empty
        and reading.flow.between(
            *(reading.flow.equation(scene.seen.key(x)[1]) for x in (b, a))
        ).is_empty
    )
    for one in apart:
        shown.page.picked.emit(Hit(box=one))
        press(qtbot, shown, Qt.Key.Key_P)
    assert shown.page.canvas.highlight.lit is None
    assert "No value goes from" in shown.page.strip.text


def test_what_stands_out_does_so_in_folded_groups_too(qtbot, shown):
    shown.page.picked.emit(Hit(box=box(shown, "dot_general")))
    press(qtbot, shown, Qt.Key.Key_D)
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        shown.page.refold(frozenset({0}))
    lit = shown.page.canvas.highlight.lit
    assert lit
    assert box(shown, "model.head") in lit


def test_a_graph_that_is_drawn_anew_forgets_what_stood_out(qtbot, shown, session):
    shown.page.picked.emit(Hit(box=box(shown, "dot_general")))
    press(qtbot, shown, Qt.Key.Key_D)
    session.graphs[0].fill(draw_step())
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        session.graphs_changed.emit()
    assert session.exploring.lit is None
    assert shown.page.canvas.highlight.lit is None


# --- edges


def test_an_edge_under_the_mouse_can_be_clicked(qtbot, shown, session):
    edge = an_edge(shown)
    at = on_edge(shown, edge)
    assert shown.page.canvas.hit(at.toPointF()).edge == edge
    qtbot.mouseClick(shown.page.canvas, Qt.MouseButton.LeftButton, pos=at)
    value = int(scene_of(shown).seen.edge_value[edge])
    assert session.selection == Selection(kind="value", graph="model", value=value)
    assert shown.page.canvas.highlight.selected_edge == edge


def test_the_card_of_an_edge_tells_the_array_its_maker_and_its_readers(shown):
    edge = an_edge(shown)
    shown.page.canvas.hover_rested.emit(Hit(edge=edge))
    words = [label.text() for label in shown.page.card.findChildren(QLabel)]
    assert {"Array", "Size", "Made by", "Read by"} <= set(words)


def test_an_edge_of_several_arrays_tells_each_of_them(qtbot, shown, session):
    session.graphs[0].fill(draw_step())
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        session.graphs_changed.emit()
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        shown.page.refold(frozenset())
    seen = scene_of(shown).seen
    edge = int(np.flatnonzero(np.diff(seen.carried_offset) > 1)[0])
    shown.page.canvas.selected.emit(Hit(edge=edge))
    value, *beside = seen.carries(edge).tolist()
    assert session.selection.value == value
    told = [f for f in graph_details(session, session.selection).facts if f.name == "Beside it"]
    assert [f.link.value for f in told] == beside


def test_a_card_has_room_for_what_it_tells_whatever_it_told_before(qtbot, shown):
    card, canvas = shown.page.card, shown.page.canvas
    for hit in (Hit(edge=an_edge(shown)), Hit(box=box(shown, "dot_general"))) * 2:
        canvas.hover_changed.emit()
        canvas.hover_rested.emit(hit)
        told = card.height()
        qtbot.wait(0)
        assert told == card.layout().totalHeightForWidth(card.width())


def test_the_card_of_a_box_tells_its_cost(shown):
    shown.page.canvas.hover_rested.emit(Hit(box=box(shown, "dot_general")))
    words = [label.text() for label in shown.page.card.findChildren(QLabel)]
    assert any(word.endswith("FLOPs") for word in words)
    assert any("unfused upper estimate" in word for word in words)
    assert any("of the function's FLOPs" in word for word in words)


# --- keys


def test_home_and_end_go_to_the_first_and_the_last_box(qtbot, shown):
    press(qtbot, shown, Qt.Key.Key_End)
    last = shown.page.canvas.highlight.selected
    press(qtbot, shown, Qt.Key.Key_Home)
    first = shown.page.canvas.highlight.selected
    boxes = scene_of(shown).boxes
    assert boxes[first, 1] == boxes[:, 1].min()
    assert boxes[last, 1] == boxes[:, 1].max()


def test_a_key_goes_through_the_edges_of_a_box_and_the_arrows_follow_one(qtbot, shown):
    scene, canvas = scene_of(shown), shown.page.canvas
    edge = an_edge(shown)
    here = int(scene.seen.edge_from[edge])
    shown.page.picked.emit(Hit(box=here))
    gone: list[int] = []
    for _ in range(len(scene.edges_of(here))):
        press(qtbot, shown, Qt.Key.Key_E)
        gone.append(canvas.highlight.selected_edge)
    assert sorted(gone) == scene.edges_of(here).tolist()
    while canvas.highlight.selected_edge != edge:
        press(qtbot, shown, Qt.Key.Key_E, shift=True)
    press(qtbot, shown, Qt.Key.Key_Down)
    assert canvas.highlight.selected == int(scene.seen.edge_to[edge])


# --- colours


@pytest.mark.parametrize("by", list(ColourBy))
def test_the_legend_says_what_the_colours_stand_for(shown, session, by: ColourBy):
    session.exploring.colour(by)
    scene, legend = scene_of(shown), shown.page.legend
    assert scene.colours.by is by
    colouring = scene.reading.colouring(by)
    named = {label.toolTip() for label in legend.findChildren(QLabel)}
    assert {row.name for row in colouring.legend} <= named
    # What a box is in says its colour in words, or in a bar, where nothing else does.
    if by in (ColourBy.MODULE, ColourBy.DTYPE, ColourBy.PASS):
        number = box(shown, "dot_general")
        assert scene.colours.word[number]
    if by in (ColourBy.FLOPS, ColourBy.BYTES):
        assert scene.colours.bar[box(shown, "dot_general")] > 0


def test_the_choice_of_colours_is_remembered(shown, session):
    settings = Settings(on_disk=False)
    settings[GRAPH_COLOURS] = "dtype"
    shown.use_settings(settings)
    assert session.exploring.colour_by is ColourBy.DTYPE
    assert shown.colours.choices[ColourBy.DTYPE].isChecked()
    shown.colours.choices[ColourBy.FLOPS].trigger()
    assert settings[GRAPH_COLOURS] == "flops"


# --- search


def test_matches_in_folded_groups_are_counted_on_them(qtbot, shown):
    with qtbot.waitSignal(shown.page.scene_shown, timeout=10_000):
        shown.page.refold(frozenset({0}))
    shown.search("prim:dot_general")
    badges = dict(shown.page.canvas.highlight.badges)
    assert badges[box(shown, "model.body")] == 3
    assert sum(badges.values()) == len(shown._search.found) == 8


def test_a_query_that_is_wrong_says_why_below_the_line(shown):
    shown.search("flps>1e9")
    assert "Did you mean flops>1e9" in shown.search_bar.problem
    shown.search("flops>1")
    assert not shown.search_bar.problem
    assert shown.page.canvas.highlight.matched
