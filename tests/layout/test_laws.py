"""What holds of every picture: it comes back, and a layout that is called off leaves nothing."""

import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from made_graphs import mlp
from random_graphs import Repeated, opened, repeated

from eqxviz.layout import LayoutCancelledError, Placement, Placer, VisibleGraph, visible
from eqxviz.records.graph import Graph

ALL = frozenset(range(1000))


def place(seen: VisibleGraph, placer: Placer, cancel: threading.Event | None = None) -> Placement:
    sizes = np.array([[100.0 + 10 * (b % 5), 40.0 + 8 * (b % 3)] for b in range(len(seen))])
    titles = np.full(len(seen.frame_group), 80.0)
    return placer.place(seen, sizes.reshape(-1, 2), titles, cancel or threading.Event())


def picture(graph: Graph, groups: frozenset[int], placer: Placer) -> list[np.ndarray]:
    made = place(visible(graph, groups), placer)
    return [made.boxes, made.frames, made.curve_offset, made.curve_points]


@settings(deadline=None, max_examples=15)
@given(opened())
def test_folding_and_unfolding_again_gives_the_same_picture(case):
    graph, groups = case
    placer = Placer()
    before = picture(graph, groups, placer)
    picture(graph, groups - {max(groups, default=0)}, placer)
    after = picture(graph, groups, placer)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@settings(deadline=None, max_examples=15)
@given(repeated())
def test_boxes_of_what_is_shown_once_keep_apart_inside_their_frames(case: Repeated):
    seen = visible(case.graph, case.opened, case.once)
    made = place(seen, Placer())
    rects = np.concatenate([made.boxes, made.frames])
    homes = np.concatenate([seen.box_frame, seen.frame_parent])
    low, high = rects[:, :2], rects[:, :2] + rects[:, 2:]
    for one in np.flatnonzero(homes >= 0):
        outer = made.frames[homes[one]]
        assert np.all(low[one] >= outer[:2] - 1)
        assert np.all(high[one] <= outer[:2] + outer[2:] + 1)
        for other in np.flatnonzero(homes == homes[one]):
            if other > one:
                shared = np.minimum(high[one], high[other]) - np.maximum(low[one], low[other])
                assert np.any(shared <= 1e-6)


def test_a_layout_that_is_called_off_leaves_no_process_and_no_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    started = tmp_path / "started"
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\ntouch {started}\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    cancel, placer = threading.Event(), Placer()

    def call_off() -> None:
        while not started.exists():
            cancel.wait(0.005)
        cancel.set()

    watcher = threading.Thread(target=call_off)
    watcher.start()
    with pytest.raises(LayoutCancelledError):
        place(visible(mlp(), ALL), placer, cancel)
    watcher.join()
    assert not [p for p in psutil.Process().children(recursive=True) if p.name() == "sleep"]
    monkeypatch.undo()
    fresh, again = picture(mlp(), ALL, Placer()), picture(mlp(), ALL, placer)
    assert all(np.array_equal(a, b) for a, b in zip(fresh, again, strict=True))
