"""A worker that is kept warm: one that dies is replaced before it is needed again."""

import shutil
from typing import TYPE_CHECKING

from eqxviz.engine import commands, process
from eqxviz.engine.launch import device_variables
from eqxviz.engine.places import Place, Places, remove_abandoned, remove_folder
from eqxviz.engine.worker import Post, Worker

if TYPE_CHECKING:
    from eqxviz.records import Problem


class WarmWorker:
    """Keeps a process that answers requests about files, on the CPU."""

    def __init__(self, post: Post, places: Places) -> None:
        self._post, self._places = post, places
        self._worker: Worker | None = None
        self._busy_with = ""  # the file that it was last given
        self._is_closed = False

    def get(self, busy_with: str = "") -> Worker:
        """Return the worker, started if there is none. It is never waited for.

        `busy_with` is the file that it is about to be given, for a problem to name.
        """
        if busy_with:
            self._busy_with = busy_with
        if self._worker is None or not self._worker.alive:
            self._worker = self._start()
        return self._worker

    def kill(self) -> None:
        """End it, and start no other."""
        self._is_closed = True
        if self._worker is not None:
            self._worker.kill()

    def wait_for_end(self, timeout_seconds: float) -> None:
        """Wait for the end of one that was killed, and take away what it leaves."""
        if self._worker is not None:
            self._worker.wait_for_end(timeout_seconds)
            shutil.rmtree(self._worker.folder, ignore_errors=True)

    def _start(self) -> Worker:
        environment = commands.worker_environment() | device_variables("cpu", {})
        place = self._places.of_inspector()

        def begin() -> process.Process:
            remove_abandoned()
            command = commands.inspector_command(place)
            return process.start(command, environment, place.output, in_background=True)

        def on_end(worker: Worker, code: int | None, why: str) -> "Problem":
            return self._on_end(place, worker, code, why)

        return Worker(self._post, place, begin, lambda record: None, on_end)

    def _on_end(self, place: Place, worker: Worker, code: int | None, why: str) -> "Problem":
        from eqxviz.engine.deaths import death_problem

        problem = death_problem(
            *(code, why, place.output, self._busy_with),
            was_asked=worker.is_stopping,
            was_ready=worker.was_ready,
        )
        remove_folder(place)
        # One that never answered would only die again; it is tried again when it is needed.
        if worker is self._worker and worker.was_ready and not self._is_closed:
            self._worker = self._start()
        return problem
