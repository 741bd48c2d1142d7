"""Graphviz in a process of its own."""

import os
import stat
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from eqxviz.layout.dot import DotError, lay_out_with_dot
from eqxviz.layout.level_plan import Plan


def plan(n_nodes: int, edges: list[tuple[int, int]], shift: float = 0.0) -> Plan:
    pairs = np.array(edges, np.int64).reshape(-1, 2)
    sides, shifts = np.zeros(n_nodes, np.int64), np.full(len(pairs), shift)
    return Plan(np.full((n_nodes, 2), 60.0), sides, pairs, shifts, shifts)


def never() -> bool:
    return False


@pytest.fixture
def hanging_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `dot` that writes its process id and then sleeps."""
    program, told = tmp_path / "dot", tmp_path / "pid"
    program.write_text(f"#!/bin/sh\necho $$ > {told}\nexec sleep 60\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return told


def is_alive(told: Path) -> bool:
    try:
        os.kill(int(told.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_nodes_and_edges_come_back_in_order():
    layout = lay_out_with_dot(plan(3, [(0, 1), (1, 2)]), 10, never)
    assert layout.centres.shape == (3, 2)
    assert np.all(np.diff(layout.centres[:, 1]) > 60)
    assert layout.curves[1][0, 1] == pytest.approx(layout.centres[1, 1] + 30, abs=1)


def test_parallel_edges_keep_their_own_curves():
    base = plan(2, [(0, 1), (0, 1)])
    shifts = np.array([-20.0, 20.0])
    layout = lay_out_with_dot(Plan(base.sizes, base.sides, base.edges, shifts, shifts), 10, never)
    starts = [curve[0, 0] - layout.centres[0, 0] for curve in layout.curves]
    assert starts == pytest.approx([-20, 20], abs=2)


def test_no_program_is_an_error_that_names_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DotError, match=r"`dot` \(Graphviz\) is not on the PATH"):
        lay_out_with_dot(plan(2, [(0, 1)]), 10, never)


def test_a_program_that_hangs_is_killed_at_its_time(hanging_dot):
    with pytest.raises(DotError, match=r"needed more than 0\.3 s"):
        lay_out_with_dot(plan(2, [(0, 1)]), 0.3, never)
    assert not is_alive(hanging_dot)


def test_a_layout_that_is_called_off_ends_its_program(hanging_dot):
    cancel = threading.Event()
    threading.Timer(0.2, cancel.set).start()
    start = time.monotonic()
    with pytest.raises(DotError, match="cancelled"):
        lay_out_with_dot(plan(2, [(0, 1)]), 30, cancel.is_set)
    assert time.monotonic() - start < 5
    assert not is_alive(hanging_dot)


def test_a_program_that_fails_tells_why(tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\ncat > /dev/null\necho 'no memory' >&2\nexit 3\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(DotError, match="ended with 3: no memory"):
        lay_out_with_dot(plan(2, [(0, 1)]), 10, never)
