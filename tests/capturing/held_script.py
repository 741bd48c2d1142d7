"""A script whose run pauses by itself: its threads, its stops, and steps with a loss."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from eqxviz.capturing import Held
from eqxviz.records import GateCommand, RunState, Stop

if TYPE_CHECKING:
    from .conftest import Seen


class Script:
    """What a script does, in a thread of its own; it is at work until `join`."""

    def __init__(self, seen: "Seen", *works: Callable[[], Any]) -> None:
        self._seen = seen
        self.gate = seen.gate
        self.gate.start()
        self._errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._work, args=(work,), name=work.__name__, daemon=True)
            for work in works
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def _work(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by `join`
            self._errors.append(error)

    def next_pause(self) -> Held:
        """Return where the run is paused, as soon as it is."""
        if not self._threads[0].ident:
            self.start()
        until(lambda: self.gate.state is RunState.PAUSED or not self.is_alive)
        held = self.gate.held
        assert held is not None, f"the script ended without a pause: {self._errors}"
        return held

    def go_on(self, command: GateCommand = GateCommand.CONTINUE) -> None:
        """Let the run go on, and return when it does."""
        before = self.gate.held
        self.gate.command(command)
        until(lambda: self.gate.held is not before or not self.is_alive)

    @property
    def is_alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        """Let it run to its end, which must come."""
        if self._threads[0].ident:
            self._seen.capture.stops.set(())  # type: ignore[union-attr]  # it is at work
            self.gate.command(GateCommand.CONTINUE)
            for thread in self._threads:
                thread.join(20)
            assert not self.is_alive
        assert self._errors == []


def until(is_true: Callable[[], Any]) -> None:
    """Return as soon as it is so, which must come."""
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def stop_at(seen: "Seen", *stops: Stop) -> None:
    """Let the run stop there, and nowhere else."""
    assert seen.capture is not None
    seen.capture.stops.set(stops)


def keep_calls(seen: "Seen") -> None:
    """Keep the calls from now on."""
    assert seen.capture is not None
    seen.capture.keep_calls(True)


def steps_of(jit: Callable[..., Any]) -> Callable[[int, Callable[[int], Any]], None]:
    """Return a loop of a step jitted by `jit`: its loss is what is asked for each turn."""

    def step(loss, weight):
        return loss * 1.0, weight + 1

    jitted = jit(step)

    def train(n, loss_at):
        weight = jnp.zeros(3)
        for i in range(n):
            loss, weight = jitted(jnp.float32(loss_at(i)), weight)
            time.sleep(0.002)
            del loss

    return train
