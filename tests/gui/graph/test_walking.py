"""Where the arrow keys lead, in a picture with boxes that no edge joins."""

from types import SimpleNamespace

import numpy as np

from eqxviz.gui.graph.walking import next_box


def pictured(places: list[tuple[float, float]], edges: list[tuple[int, int]]) -> SimpleNamespace:
    """Return what `next_box` asks of a scene: boxes of 40 by 20 at `places`, and edges."""
    boxes = np.array([(x, y, 40.0, 20.0) for x, y in places])
    ends = np.array(edges, np.int32).reshape(-1, 2)
    seen = SimpleNamespace(edge_from=ends[:, 0], edge_to=ends[:, 1])
    return SimpleNamespace(boxes=boxes, seen=seen)


def test_down_follows_an_edge_though_another_box_is_nearer():
    scene = pictured([(0, 0), (300, 200), (0, 50)], [(0, 1)])
    assert next_box(scene, 0, 0, 1) == 1


def test_where_no_edge_leads_on_it_is_the_nearest_box_that_way():
    scene = pictured([(0, 0), (60, 0), (10, 90), (10, 180)], [])
    assert next_box(scene, 0, 0, 1) == 2
    assert next_box(scene, 3, 0, -1) == 2


def test_at_the_end_of_the_picture_there_is_none():
    scene = pictured([(0, 0), (60, 0)], [])
    assert next_box(scene, 0, 0, 1) == -1
