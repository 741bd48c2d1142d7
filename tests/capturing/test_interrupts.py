"""An interrupt is neither lost nor raised where it does harm."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from eqxviz.capturing.interrupts import interrupts_held


def test_one_that_is_held_is_raised_at_the_end():
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt, match=r"^$"), interrupts_held():  # noqa: PT012 - it goes on
        signal.raise_signal(signal.SIGINT)
        done.append("all")
    assert done == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_users_own_is_left_alone():
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with interrupts_held():
            signal.raise_signal(signal.SIGINT)
            assert heard == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


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
