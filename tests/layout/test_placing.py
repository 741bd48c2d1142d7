"""Places of boxes, frames and edges."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from made_graphs import GraphMaker, mlp
from random_graphs import opened

from eqxviz.layout import LayoutCancelledError, Placement, Placer, VisibleGraph, placing, visible
from eqxviz.layout.dot import DotError
from eqxviz.records.graph import Graph, GroupKind

ALL = frozenset(range(1000))


def place(seen: VisibleGraph, placer: Placer | None = None) -> Placement:
    sizes = np.array([[100.0 + 10 * (b % 5), 40.0 + 8 * (b % 3)] for b in range(len(seen))])
    titles = np.full(len(seen.frame_group), 80.0)
    return (placer or Placer()).place(seen, sizes.reshape(-1, 2), titles, threading.Event())


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*args: object) -> None:
        raise DotError("there is no dot in this test")

    monkeypatch.setattr(placing, "lay_out_with_dot", refuse)
    return


@pytest.fixture(params=["dot", "layered"])
def either(request: pytest.FixtureRequest) -> None:
    if request.param == "layered":
        request.getfixturevalue("no_dot")


def check(seen: VisibleGraph, placement: Placement) -> None:
    """No two boxes or frames of one frame overlap, and all are inside it."""
    rects = np.concatenate([placement.boxes, placement.frames])
    homes = np.concatenate([seen.box_frame, seen.frame_parent])
    for frame in range(len(seen.frame_group)):
        inside = np.flatnonzero(homes == frame)
        outer = placement.frames[frame]
        for index, one in enumerate(inside):
            x, y, w, h = rects[one]
            assert x >= outer[0] - 1
            assert y >= outer[1] - 1
            assert x + w <= outer[0] + outer[2] + 1
            assert y + h <= outer[1] + outer[3] + 1
            for other in inside[index + 1 :]:
                ox, oy, ow, oh = rects[other]
                apart = x + w <= ox or ox + ow <= x or y + h <= oy or oy + oh <= y
                assert apart, f"{rects[one]} overlaps {rects[other]}"


def check_edges(seen: VisibleGraph, placement: Placement) -> None:
    """Each edge that is drawn whole leaves its box at the bottom and enters its box at the top."""
    for edge in np.flatnonzero(~seen.edge_far):
        points = placement.curve(edge)
        assert len(points) % 3 == 1
        tail = placement.boxes[seen.edge_from[edge]]
        head = placement.boxes[seen.edge_to[edge]]
        assert points[0] == pytest.approx([tail[0] + tail[2] / 2, tail[1] + tail[3]], abs=2)
        assert points[-1] == pytest.approx([head[0] + head[2] / 2, head[1]], abs=2)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("groups", [(), ALL])
def test_boxes_keep_apart_inside_their_frames_and_edges_reach_them(groups):
    seen = visible(mlp(), groups)
    placement = place(seen)
    check(seen, placement)
    check_edges(seen, placement)


@pytest.mark.usefixtures("either")
def test_what_reads_is_below_what_it_reads():
    seen = visible(mlp(), ALL)
    boxes = place(seen).boxes
    assert np.all(boxes[seen.edge_to, 1] > boxes[seen.edge_from, 1])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(opened())
def test_any_graph_can_be_placed_without_dot(no_dot, case):
    graph, groups = case
    seen = visible(graph, groups)
    placement = place(seen)
    check(seen, placement)
    check_edges(seen, placement)


@settings(deadline=None, max_examples=12)
@given(opened())
def test_any_graph_can_be_placed_with_dot(case):
    graph, groups = case
    seen = visible(graph, groups)
    placement = place(seen)
    check(seen, placement)
    check_edges(seen, placement)


def far_into_a_frame() -> Graph:
    made = GraphMaker()
    count = made.made(made.equation("count", []))
    group = made.group(0, GroupKind.SCOPE, "optimiser")
    for _ in range(10):
        made.equation("div", [count], group=group)
    return made.graph()


def test_far_edges_share_one_curve_up_to_the_frame():
    seen = visible(far_into_a_frame(), ALL)
    placement = place(seen)
    drawn = [e for e in range(len(seen.edge_from)) if len(placement.curve(e))]
    assert len(drawn) == 1
    assert placement.curve(drawn[0])[-1, 1] == pytest.approx(placement.frames[1, 1], abs=2)


def test_parts_without_edges_are_packed_in_lines():
    made = GraphMaker()
    for _ in range(64):
        made.equation("f", [])
    width, height = place(visible(made.graph(), ())).frames[0, 2:]
    assert 0.5 < width / height < 4


def test_a_level_that_was_seen_is_not_laid_out_again(monkeypatch):
    placer = Placer()
    seen = visible(mlp(), ALL)
    before = place(seen, placer)
    monkeypatch.setattr(placing, "lay_out_with_dot", None)
    monkeypatch.setattr(placing, "lay_out_layered", None)
    assert np.array_equal(place(seen, placer).boxes, before.boxes)


def test_a_cancelled_layout_raises():
    cancel = threading.Event()
    cancel.set()
    seen = visible(mlp(), ALL)
    sizes, titles = np.full((len(seen), 2), 40.0), np.full(len(seen.frame_group), 80.0)
    with pytest.raises(LayoutCancelledError):
        Placer().place(seen, sizes, titles, cancel)


def test_an_empty_graph_has_a_place_too():
    placement = place(visible(GraphMaker().graph(), ()))
    assert placement.frames.shape == (1, 4)
    assert len(placement.boxes) == 0
