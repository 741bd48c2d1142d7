"""What a script prints is shown without falling behind, and kept within bounds."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from eqxviz.engine.output import MAX_BACKLOG, end_of, older_part
from eqxviz.session.run_view import MAX_OUTPUT_CHARS
from eqxviz.worker.output import OLDER_BYTES, PART_BYTES
from tests.journeys.conftest import Desk

from .conftest import SLACK_SECONDS, STOP_SECONDS, Watcher

# Some 200 MB/s.
FLOOD = """
import sys, time
text = "0123456789" * 99 + "abcdefghi\\n"
i = 0
while True:
    i += 1
    sys.stdout.write(f"line {i}\\n" + text * 1000)
    time.sleep(0.004)
"""
# What is printed between two looks at the size of the file, and while it is copied.
OVERSHOOT_BYTES = 200 << 20
# The longest that a window may be busy with one thing while text pours in.
HITCH_SECONDS = 0.5


def on_disk(output: Path) -> int:
    """Return how many bytes of output are kept."""
    parts = (output, older_part(output))
    return sum(part.stat().st_size for part in parts if part.exists())


def test_a_flood_of_prints_is_bounded_on_disk_and_in_memory(watcher: Watcher):
    watcher.start(FLOOD)
    output = Path(watcher.run.folder) / "output.txt"
    watcher.until(older_part(output).exists)
    largest = longest = 0

    def look() -> bool:
        nonlocal largest, longest
        largest = max(largest, on_disk(output))
        longest = max(longest, len(watcher.run.output))
        return time.monotonic() > end

    end = time.monotonic() + 3
    watcher.until(look)
    assert watcher.stop() < STOP_SECONDS + SLACK_SECONDS
    assert longest <= MAX_OUTPUT_CHARS
    assert largest < PART_BYTES + OLDER_BYTES + OVERSHOOT_BYTES
    assert len(end_of(output, PART_BYTES)) == PART_BYTES
    is_said = "bytes left out; the newest are in" in watcher.run.output
    assert is_said


def test_lines_that_are_printed_while_the_file_begins_anew_are_shown(watcher: Watcher):
    n_lines = PART_BYTES // 1000 + 4000
    watcher.start(
        f"""
        import time
        for i in range({n_lines}):
            print(f"{{i:09d}}", "x" * 989, flush=True)
            if i % 1000 == 0: time.sleep(0.01)
        time.sleep(1.0)
        print("the last line", flush=True)
        """
    )
    watcher.until(lambda: "the last line" in watcher.run.output)
    output = Path(watcher.run.folder) / "output.txt"
    assert older_part(output).exists()
    kept = older_part(output).read_text() + output.read_text()
    numbers = [int(line[:9]) for line in kept.splitlines() if line[:9].isdigit()]
    assert len(numbers) >= n_lines - 20
    assert numbers == sorted(numbers)


@pytest.fixture
def desk(qapp: QApplication, tmp_path: Path):
    desk = Desk(tmp_path / "runs")
    yield desk
    desk.close()


@pytest.mark.full
def test_a_window_stays_alive_while_text_pours_in(desk: Desk, tmp_path: Path):
    script = tmp_path / "flood.py"
    script.write_text(FLOOD)
    desk.run(script)
    desk.view("output")
    desk.until(lambda: len(desk.session.run.output) > MAX_BACKLOG // 2, "text")
    longest, last = 0.0, time.perf_counter()

    def beat() -> None:
        nonlocal longest, last
        now = time.perf_counter()
        longest, last = max(longest, now - last), now

    timer = QTimer(interval=10)
    timer.timeout.connect(beat)
    timer.start()
    end = time.perf_counter() + 3
    desk.until(lambda: time.perf_counter() > end, "some seconds", timer.timeout)
    timer.stop()
    print(f"longest {1000 * longest:.0f} ms")
    assert longest < HITCH_SECONDS
    started = time.monotonic()
    desk.act("run.stop")
    desk.wait_for_state("stopped")
    assert time.monotonic() - started < STOP_SECONDS + SLACK_SECONDS


def test_output_that_is_deleted_while_the_script_runs_is_told(watcher: Watcher):
    watcher.start("import time\nprint('begun', flush=True)\ntime.sleep(60)")
    watcher.until_printed("begun")
    (Path(watcher.run.folder) / "output.txt").unlink()
    assert watcher.problem.code == "output-deleted"
    assert "output.txt was deleted" in watcher.problem.why
    assert watcher.stop() < STOP_SECONDS + SLACK_SECONDS
