"""What the samples of a run say, for a view and as a text."""

import math

import numpy as np

from eqxviz.records import DeviceMemory
from eqxviz.session.run_view import RunView
from eqxviz.session.system.lines import memory_plot, memory_words, speed_plot
from eqxviz.session.system.summary import summarise, system_text
from tests.session.system.made_samples import history, sample


def test_the_speed_is_that_between_two_samples():
    plot = speed_plot(history(10, rate=800))
    assert math.isnan(plot.lines[0].values[0])
    assert plot.lines[0].values[-1] == 800
    assert plot.said == "800 steps/s, average 800"
    assert speed_plot([]).said == "No steps yet"


def test_the_speed_of_a_run_that_is_over_is_its_average_or_what_is_known_of_a_short_one():
    assert speed_plot(history(10, rate=800), is_over=True).said == "800 steps/s on average"
    short = [sample(2.0, step=300)]
    assert speed_plot(short, is_over=True).said == "300 steps in 2.00 s, with compiling"
    assert speed_plot([sample(2.0)], is_over=True).said == "No steps"


def test_a_cpu_shows_the_memory_of_the_process_and_a_gpu_its_own_with_its_limit():
    cpu = memory_plot([sample(1.0, devices=(DeviceMemory("cpu:0", -1, -1, -1),)), *history(5)[1:]])
    assert [line.name for line in cpu.lines] == ["process"]
    gpu = memory_plot(history(5, gpu=True))
    assert [line.name for line in gpu.lines] == ["in use", "peak", "limit", "process"]
    assert [line.is_limit for line in gpu.lines] == [False, False, True, False]
    assert gpu.title == "Memory of cuda:0"
    assert gpu.said == "2.40 GB, peak 3.10 GB of 15.0 GB; process 400 MB"


def test_a_device_that_comes_later_has_no_memory_before():
    late = DeviceMemory("cuda:1", 100, 200, 1000)
    plot = memory_plot([sample(1.0), sample(2.0, devices=(late,))])
    assert np.isnan(plot.lines[0].values[0])
    assert plot.lines[0].values[1] == 100


def test_a_device_that_is_nearly_full_is_said_to_be():
    full = DeviceMemory("cuda:0", 95, 98, 100)
    assert memory_words([sample(1.0, devices=(full,), process=-1)]) == (
        "95 B, peak 98 B of 100 B: nearly all that JAX may take"
    )


def test_without_samples_there_is_nothing_to_say():
    assert summarise([]) is None


def test_the_text_says_it_all():
    run = RunView("/a/train.py", [], "", None)
    for each in history(120, leaks=True):
        run.add(each)
    summary = summarise(run.samples)
    assert summary is not None
    text = system_text(run, summary)
    for words in (
        "train.py: 0 steps in 2 min 0 s",
        "60 % of the time is spent outside jit",
        "Last 1 min 0 s: In jitted calls 40 %",
        "Since the first call: In jitted calls 39 %",
        "Steps per second: 800 steps/s, ",
        "Memory: process 757 MB",
        "More and more f32[]",
        "Live arrays\tNumber\tBytes\tChange",
        "f32[768,768]\t48\t113 MB\t0",
    ):
        assert words in text
