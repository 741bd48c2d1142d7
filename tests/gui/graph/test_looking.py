"""Looking at a graph: tiles, the overview, zoom to the selection, repeated blocks."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage

from eqxviz.gui.graph.camera import Camera
from eqxviz.gui.graph.page import GraphPage
from eqxviz.gui.graph.scene import Hit
from eqxviz.gui.graph.tiles import SIDE
from tests.gui.graph.drawn import draw_step
from tests.gui.graph.test_graph_view import show_graph, view  # noqa: F401  # the fixture


@pytest.fixture
def page(qtbot, view, session) -> GraphPage:  # noqa: F811  # the fixture
    """The page of a training step, all of it unfolded."""
    scene = show_graph(qtbot, view, session, "function:0", draw_step())
    with qtbot.waitSignal(view.page.scene_shown, timeout=10_000):
        view.page.refold(frozenset(range(len(scene.graph.group_parent))))
    return view.page


def rest(qtbot, page: GraphPage) -> None:
    """Wait until every tile is painted, and shown."""
    page.canvas.grab()
    qtbot.waitUntil(lambda: not page.canvas._picture._settled.isActive())
    page.canvas.grab()
    qtbot.waitUntil(lambda: page.canvas._picture.tiles.is_idle)


def pixels(page: GraphPage) -> np.ndarray:
    image = page.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return rows[..., :3].astype(int)


# --- tiles


def test_the_first_view_and_its_tiles_are_the_same_picture(qtbot, page):
    page.canvas.set_camera(Camera(40, 30, 0.8))
    page.canvas._picture.show(page.canvas.scene)
    first = pixels(page)
    rest(qtbot, page)
    assert np.abs(first - pixels(page)).mean() < 0.2


def test_where_a_tile_is_missing_there_is_something_to_see(qtbot, page):
    page.canvas.show_box(len(page.canvas.scene.boxes) // 2, readable=True)
    rest(qtbot, page)
    page.canvas.set_camera(page.canvas.camera.zoomed(1.5, 400, 300))
    picture = page.canvas._picture
    assert not any(picture.tiles.get(t) for t in picture._tiles_around(page.canvas.camera, 0))
    assert pixels(page).std() > 1


def test_a_drag_paints_no_tile_that_is_there(qtbot, page):
    page.canvas.set_camera(Camera(0, 0, 0.8))
    rest(qtbot, page)
    before = page.canvas._picture._tiles_around(page.canvas.camera, 0)
    images = [page.canvas._picture.tiles.get(tile) for tile in before]
    page.canvas.set_camera(page.canvas.camera.moved(-SIDE / 4, 0))
    rest(qtbot, page)
    assert [page.canvas._picture.tiles.get(tile) for tile in before] == images


def test_another_theme_paints_all_tiles_anew(qtbot, page, theme):
    rest(qtbot, page)
    light = pixels(page).mean()
    theme.set_mode("dark")
    rest(qtbot, page)
    assert pixels(page).mean() < light / 3
    theme.set_mode("light")


# --- the overview


def test_the_overview_shows_itself_when_not_all_is_in_sight(qtbot, page):
    page.show_all()
    rest(qtbot, page)
    assert page.minimap.isHidden()
    page.canvas.set_camera(Camera(0, 0, 1.0))
    assert page.minimap.isVisible()


def test_a_click_on_the_overview_brings_that_part_into_sight(qtbot, page):
    rest(qtbot, page)
    page.canvas.set_camera(Camera(0, 0, 1.0))
    x, y, width, height = page.canvas.overview_area
    shown = page.minimap._scene_rect()
    at = QPoint(round(shown.center().x()), round(shown.bottom() - 4))
    qtbot.mouseClick(page.minimap, Qt.MouseButton.LeftButton, pos=at)
    camera = page.canvas.camera
    middle = camera.x + page.canvas.width() / 2, camera.y + page.canvas.height() / 2
    assert middle[0] == pytest.approx(x + width / 2, abs=width / shown.width())
    assert middle[1] > y + height * 0.8


def test_the_overview_takes_no_more_than_a_share_of_a_small_page(qtbot, page):
    page.window().resize(500, 400)
    rest(qtbot, page)
    page.canvas.set_camera(Camera(0, 0, 1.0))
    assert page.minimap.width() <= 0.3 * page.canvas.width()
    assert page.minimap.height() <= max(0.3 * page.canvas.height(), 36)


def test_arrow_keys_on_the_overview_move_the_view(qtbot, page):
    rest(qtbot, page)
    page.canvas.set_camera(Camera(0, 0, 1.0))
    qtbot.keyClick(page.minimap, Qt.Key.Key_Down)
    assert page.canvas.camera.y == pytest.approx(page.canvas.height() / 4)


# --- the first look


def test_a_graph_opens_where_boxes_are_joined_not_at_what_stands_beside_them(page):
    canvas = page.canvas
    canvas.resize(300, 300)
    scene = canvas.scene
    canvas.set_scene(scene)
    x, _, width, _ = canvas.camera.area(canvas.width(), canvas.height())
    top = scene.boxes[scene.joined][:, 1].min()
    heads = [b for b in scene.joined if scene.boxes[b, 1] <= top + 1]
    middles = scene.boxes[heads, 0] + scene.boxes[heads, 2] / 2
    assert ((middles >= x) & (middles <= x + width)).any()


def test_a_graph_whose_heads_are_far_apart_opens_at_one_of_them(page):
    canvas, scene = page.canvas, page.canvas.scene
    canvas.resize(600, 300)
    boxes, frames = scene.boxes.copy(), scene.frames.copy()
    boxes[scene.joined, 1] += 1000
    boxes[scene.joined, 0] = 0
    heads = scene.joined[:4]
    boxes[heads, 1] = 0
    boxes[heads, 0] = 0, 100, 5000, 5100
    frames[0, 2:] = 5400, 9000
    placement = replace(scene.placement, boxes=boxes, frames=frames)
    canvas.set_scene(replace(scene, placement=placement))
    x, _, width, _ = canvas.camera.area(canvas.width(), canvas.height())
    assert ((boxes[heads, 0] >= x) & (boxes[heads, 0] <= x + width)).sum() == 2


def test_what_was_brought_into_sight_stays_there_in_a_smaller_view(page):
    canvas = page.canvas
    canvas.resize(800, 600)
    box = len(canvas.scene.boxes) // 2
    canvas.show_box(box, readable=True)
    canvas.resize(500, 180)
    x, y, width, height = canvas.camera.area(500, 180)
    left, top, wide, high = canvas.scene.boxes[box]
    assert x <= left <= left + wide <= x + width
    assert y <= top <= top + high <= y + height
    canvas.set_camera(Camera(-2000, -2000, 1.0))  # the user looks elsewhere
    canvas.resize(400, 160)
    assert canvas.camera == Camera(-2000, -2000, 1.0)


# --- zoom to the selection


def test_z_brings_the_selected_box_near(qtbot, page):
    page.show_all()
    box = len(page.canvas.scene.boxes) // 2
    page.mark(Hit(box=box))
    qtbot.keyClick(page.canvas, Qt.Key.Key_Z)
    camera, (x, y, width, height) = page.canvas.camera, page.canvas.scene.boxes[box]
    assert camera.zoom == 1.0
    at = camera.to_widget(x + width / 2, y + height / 2)
    assert at == pytest.approx((page.canvas.width() / 2, page.canvas.height() / 2), abs=1)


def test_z_without_a_selection_shows_all(qtbot, page):
    page.canvas.set_camera(Camera(500, 500, 2.0))
    qtbot.keyClick(page.canvas, Qt.Key.Key_Z)
    before = page.canvas.camera
    page.show_all()
    assert page.canvas.camera == before


# --- what floats


def floating(page: GraphPage) -> list:
    """Return what floats over the canvas and can be seen."""
    every = page.zoom_buttons, page.minimap, page.strip, page.legend
    return [widget for widget in every if not widget.isHidden()]


def say(page: GraphPage, words: str) -> None:
    """Have the strip over the canvas say `words`."""
    told: Any = SimpleNamespace(lit=None, path_end=None, note=words)
    page.strip.show_exploring(told, "")


@pytest.mark.parametrize("size", [(1000, 600), (660, 280), (500, 200)])
def test_an_equation_that_is_revealed_lies_beside_what_floats(qtbot, page, size):
    page.window().resize(900, 700)
    page.setFixedSize(*size)
    boxes = page.canvas.scene.boxes
    for box in range(0, len(boxes), max(1, len(boxes) // 12)):
        page.canvas.set_camera(Camera(0, 0, 1.0))
        page.canvas.show_box(box, readable=True)
        say(page, "the road of the NaN, 12 equations")
        seen = page.canvas.in_sight
        assert page.canvas.rect().contains(seen.center())
        assert not [w for w in floating(page) if w.geometry().intersects(seen)], box
        say(page, "")


def test_a_picture_that_the_user_moved_is_left_alone_by_what_floats(page):
    page.canvas.show_box(0, readable=True)
    moved = page.canvas.camera.moved(35, 20)
    page.canvas.set_camera(moved)
    say(page, "the road of the NaN, 12 equations")
    assert page.canvas.camera == moved


def test_the_legend_covers_neither_the_buttons_nor_the_overview(qtbot, page):
    rest(qtbot, page)
    page.canvas.set_camera(Camera(0, 0, 1.0))
    page._place_overlays()
    for other in (page.zoom_buttons, page.minimap):
        assert not page.legend.geometry().intersects(other.geometry())
