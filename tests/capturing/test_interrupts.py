"""An interrupt is neither lost nor raised where it does harm."""

import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from types import FrameType

import pytest

from eqxviz.capturing.curves import Curves
from eqxviz.capturing.interrupts import interrupts_held


def test_one_that_is_held_is_raised_at_the_end():
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt, match=r"^$"), interrupts_held():  # noqa: PT012 - it goes on
        signal.raise_signal(signal.SIGINT)
        done.append("all")
    assert done == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_users_own_is_called_at_the_end():
    heard: list[tuple[int, str]] = []

    def hear(number: int, frame: FrameType | None) -> None:
        assert frame is not None
        heard.append((number, frame.f_code.co_name))

    before = signal.signal(signal.SIGINT, hear)
    try:
        with interrupts_held():
            signal.raise_signal(signal.SIGINT)
            assert heard == []
        name = sys._getframe().f_code.co_name
        assert heard == [(signal.SIGINT, name)]
        assert signal.getsignal(signal.SIGINT) is hear
    finally:
        signal.signal(signal.SIGINT, before)


def test_one_that_comes_as_points_are_read_leaves_whole_points_each_once():
    curves = Curves(lambda record: None)
    id, n_points, n_heard, is_reading = curves.series(0, "f", "loss", "f.py", 1), 0, 0, False
    main, over = threading.get_ident(), threading.Event()

    def interrupt() -> None:
        while not over.wait(0.0002):
            signal.pthread_kill(main, signal.SIGINT)

    def hear(number: int, frame: FrameType | None) -> None:
        if is_reading:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, hear)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        while n_heard < 100:
            if not curves.waiting:
                curves.waiting.extend((id, n_points + k, 0.5, 1.5) for k in range(500))
                n_points += 500
            try:
                is_reading = True
                curves.read_ready()
            except KeyboardInterrupt:
                n_heard += 1
            is_reading = False
    finally:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, before)
    curves.read_ready(wait=True)
    batch = curves.take()
    assert batch is not None
    assert batch.step.tolist() == list(range(n_points))
    assert [len(column) for column in (batch.series, batch.seconds, batch.value)] == [n_points] * 3


def test_one_that_a_garbage_collection_meets_is_raised_after_it(repository: Path):
    script = """
        import gc, signal, time
        from eqxviz.capturing.interrupts import raise_lost_interrupts

        def meet(phase, _):
            if phase == "start" and not met:
                met.append(phase)
                signal.raise_signal(signal.SIGINT)

        met = []
        raise_lost_interrupts()
        gc.callbacks.append(meet)
        gc.collect()
        assert met
        try:
            time.sleep(30)
        except KeyboardInterrupt:
            print("heard")
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.stdout, done.stderr) == ("heard\n", "")
