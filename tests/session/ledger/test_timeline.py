"""Where the bars of the time line are, and what is found under a place."""

import numpy as np
import pytest

from eqxviz.session.ledger.timeline import MAX_LANES, Timeline

from .made_runs import compiled, run_with


def shown(*events) -> Timeline:
    timeline = Timeline()
    timeline.show(run_with(*events))
    return timeline


def test_the_whole_run_is_in_sight_at_first_and_while_it_goes_on():
    run = run_with(compiled(0, start=2.0))
    timeline = Timeline()
    timeline.show(run)
    assert (timeline.begin, timeline.end) == (0.0, 10.0)
    run.add(compiled(1, start=19.0, seconds=1.0))
    timeline.show(run)
    assert timeline.end == pytest.approx(22.0)


def test_each_stage_of_a_long_compilation_is_a_bar_of_its_length():
    bars = shown(compiled(0, start=2.0, seconds=1.0)).bars(100)
    assert bars.x.tolist() == pytest.approx([20, 30, 40])
    assert bars.width.tolist() == pytest.approx([10, 10, 10])
    assert bars.stage.tolist() == [0, 1, 2]


def test_bars_that_fall_on_one_pixel_are_drawn_once():
    events = [compiled(i, start=1.0 + i * 1e-4, seconds=1e-5) for i in range(500)]
    bars = shown(*events).bars(100)
    assert len(bars.x) == 1
    assert bars.x[0] == 10


def test_what_is_out_of_sight_is_not_drawn():
    timeline = shown(compiled(0, start=1.0), compiled(1, start=8.0))
    timeline.zoom(4, 8.0)
    assert np.all(timeline.bars(100).x >= 0)
    assert len(timeline.bars(100).x) == 3


def test_zooming_keeps_the_place_under_the_pointer():
    timeline = shown(compiled(0))
    timeline.zoom(2, 4.0)
    assert timeline.span == pytest.approx(5.0)
    assert (4.0 - timeline.begin) / timeline.span == pytest.approx(0.4)
    timeline.zoom(0.1, 4.0)
    assert timeline.is_fit


def test_moving_stops_at_the_ends_of_the_run():
    timeline = shown(compiled(0))
    timeline.zoom(2, 5.0)
    timeline.pan(100.0)
    assert timeline.end == pytest.approx(10.0)
    timeline.pan(-100.0)
    assert timeline.begin == 0.0


def test_a_compilation_is_found_where_it_is_and_a_little_beside():
    timeline = shown(compiled(3, start=2.0, seconds=0.1), compiled(4, start=5.0))
    assert timeline.event_at(2.1, 0, 0.0) == 3
    assert timeline.event_at(1.95, 0, 0.1) == 3
    assert timeline.event_at(3.5, 0, 0.1) == -1
    assert timeline.event_at(2.1, 1, 0.1) == -1
    assert Timeline().event_at(0.0, 0, 1.0) == -1


def test_threads_have_lanes_of_which_the_last_takes_all_others():
    events = [compiled(i, start=1.0, thread=70 + i) for i in range(MAX_LANES + 2)]
    timeline = shown(*events)
    assert timeline.n_lanes == MAX_LANES
    assert timeline.extent(1) == (1.0, pytest.approx(1.3), 1)
    extent = timeline.extent(MAX_LANES + 1)
    assert extent is not None
    assert extent[2] == MAX_LANES - 1


def test_walking_follows_the_order_in_time():
    timeline = shown(compiled(0, start=5.0), compiled(1, start=1.0), compiled(2, start=3.0))
    assert timeline.neighbour(-1, 1) == 1
    assert timeline.neighbour(1, 1) == 2
    assert timeline.neighbour(2, -1) == 1
    assert timeline.neighbour(0, 1) == -1
    assert Timeline().neighbour(-1, 1) == -1


def test_what_is_selected_out_of_sight_is_brought_into_it():
    timeline = shown(compiled(0, start=1.0), compiled(1, start=9.0))
    timeline.zoom(10, 1.0)
    timeline.reveal(1)
    assert timeline.begin < 9.0 < timeline.end


def test_another_run_begins_anew():
    timeline = shown(compiled(0, start=1.0))
    timeline.zoom(10, 1.0)
    timeline.show(run_with(compiled(0, start=2.0, thread=5)))
    assert timeline.is_fit
    assert timeline.extent(0) == (2.0, pytest.approx(2.3), 0)
