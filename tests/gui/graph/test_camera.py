"""Which part of a scene is seen."""

import pytest

from eqxviz.gui.graph.camera import LARGEST_ZOOM, SMALLEST_ZOOM, Camera


def test_what_is_under_the_pointer_stays_there_when_zooming():
    camera = Camera(10, 20, 0.5)
    before = camera.to_scene(300, 200)
    assert camera.zoomed(1.7, 300, 200).to_scene(300, 200) == pytest.approx(before)


def test_zoom_has_limits():
    assert Camera().zoomed(1e9, 0, 0).zoom == LARGEST_ZOOM
    assert Camera().zoomed(1e-9, 0, 0).zoom == SMALLEST_ZOOM


def test_dragging_moves_the_picture_with_the_hand():
    camera = Camera(0, 0, 2.0)
    assert camera.moved(30, -10).to_widget(*camera.to_scene(5, 5)) == pytest.approx((35, -5))


def test_fitting_shows_all_in_the_middle_and_never_enlarges():
    camera = Camera.fitting((0, 0, 100, 50), 800, 600)
    assert camera.zoom == 1.0
    assert camera.to_widget(50, 25) == pytest.approx((400, 300))
    assert Camera.fitting((0, 0, 8000, 50), 800, 600).zoom < 0.1


def test_what_would_be_too_small_is_shown_from_its_top():
    camera = Camera.fitting((0, 0, 200, 9000), 800, 600, least=0.5)
    assert camera.zoom >= 0.5
    assert 0 < camera.to_widget(0, 0)[1] < 60
    assert camera.to_widget(100, 0)[0] == pytest.approx(400)


def test_showing_moves_no_farther_than_needed():
    camera = Camera(0, 0, 1.0)
    assert camera.showing((100, 100, 50, 50), 800, 600) == camera
    moved = camera.showing((1000, 100, 50, 50), 800, 600)
    assert moved.y == 0
    assert moved.to_widget(1050, 0)[0] < 800
