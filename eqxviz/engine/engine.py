"""The engine: keeps an inspecting worker warm, starts runs, finds those that go on."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.engine import launch, process
from eqxviz.engine.output import Tail
from eqxviz.engine.places import Place, Places, RunInfo, end_run, remove_abandoned, remove_folder
from eqxviz.engine.worker import KILL_AFTER_SECONDS, Post, Worker

if TYPE_CHECKING:
    from eqxviz.engine.devices import Device
    from eqxviz.records import Problem, Record


class Engine:
    """Everything that starts or ends processes for one window or one command.

    Its methods belong to one thread; `post` runs a function later on that thread, from any thread,
    and everything that is called back comes through it. `folder` is where runs are kept.
    """

    def __init__(self, post: Post, folder: Path | None = None) -> None:
        self.post = post
        self._places = Places(folder)
        self._inspector: Worker | None = None
        self._busy_with = ""  # the file that the inspector was last given
        self._runs: list[Worker] = []
        self._visited: list[Worker] = []
        self._is_closed = False

    def inspector(self, busy_with: str = "") -> Worker:
        """Return the worker that opens models, started if there is none. It is never waited for.

        `busy_with` is the file that it is about to be given, for a problem to name.
        """
        if busy_with:
            self._busy_with = busy_with
        if self._inspector is None or not self._inspector.alive:
            self._inspector = self._start_inspector()
        return self._inspector

    def run(
        self,
        script: Path,
        argv: Sequence[str],
        *,
        device: str | None,
        hold: bool,
        on_event: "Callable[[Record], None]",
        on_output: Callable[[str], None],
    ) -> Worker:
        """Start `script` under capture, in this process's working directory.

        Every record of the run goes to `on_event`, its end and its problems too; what it prints
        goes to `on_output`.

        Raises:
            ValueError: If there is no such device.
        """
        environment = launch.environment(device)
        place = self._places.of_run(script)
        command = launch.run_command(place, script, argv, hold)

        def begin() -> process.Process:
            started = process.start(command, environment, place.output, in_background=False)
            self._describe(started, place, script, argv).write()
            return started

        return self._watch(place, begin, str(script), on_event, on_output)

    def runs(self) -> list[RunInfo]:
        """Return the live runs of this user, newest first, those of this engine left out."""
        own = {worker.pid for worker in self._runs if worker.alive}
        return [run for run in self._places.live_runs() if run.pid not in own]

    def attach(
        self,
        run: RunInfo,
        *,
        on_event: "Callable[[Record], None]",
        on_output: Callable[[str], None],
    ) -> Worker:
        """Watch a run that another window has left, from its first record on."""

        def begin() -> process.Process:
            found = process.Process(run.pid)
            if found.stamp != run.stamp:
                raise OSError("the run has ended in the meantime")
            return found

        return self._watch(run.place, begin, run.script, on_event, on_output)

    def visit(self, folder: Path, on_event: "Callable[[Record], None]") -> Worker:
        """Ask a process that shows something, and is met in `folder`; it is never harmed.

        What it says by itself goes to `on_event`, its end as a Problem too.
        """
        shown = RunInfo.read(folder)
        nowhere = folder / "none"

        def begin() -> process.Process:
            found = process.Process(shown.pid, ours=False) if shown is not None else None
            if found is None or shown is None or found.stamp != shown.stamp:
                raise OSError("the process has ended in the meantime")
            return found

        def on_end(worker: Worker, code: int | None, why: str) -> "Problem":
            from eqxviz.engine.deaths import end_of_visit

            problem = end_of_visit(shown.script if shown is not None else "")
            on_event(problem)
            return problem

        place = shown.place if shown is not None else Place(folder, nowhere, nowhere)
        worker = Worker(self.post, place, begin, on_event, on_end)
        self._visited.append(worker)
        return worker

    def list_devices(self, answered: "Callable[[tuple[Device, ...] | Problem], None]") -> None:
        """Look for the devices of this machine; takes seconds. `answered` gets them, or why not."""

        def ask() -> None:
            from eqxviz.engine.devices import list_devices
            from eqxviz.records import Problem, Severity

            try:
                found = list_devices()
            except RuntimeError as error:
                found = Problem(
                    "no-devices",
                    Severity.ERROR,
                    "The devices could not be listed",
                    f"JAX said: {str(error).splitlines()[-1]}",
                    "Check that `python -c 'import jax; print(jax.devices())'` works.",
                    detail=str(error),
                )
            self.post(lambda: answered(found))

        threading.Thread(target=ask, name="eqxviz-devices", daemon=True).start()

    def close(self, leave_runs: bool) -> None:
        """End all workers, within 3 s; with `leave_runs`, those whose run goes on are left."""
        self._is_closed = True
        if self._inspector is not None:
            self._inspector.kill()
        for worker in self._visited:
            worker.detach()
        live = [worker for worker in self._runs if worker.alive]
        for worker in live:
            if leave_runs and not worker.has_finished:
                worker.detach()
            else:
                worker.stop()
        if not leave_runs:
            deadline = time.monotonic() + KILL_AFTER_SECONDS + 0.5
            for worker in live:
                worker.wait_for_finish(max(deadline - time.monotonic(), 0))
        for worker in live:
            if worker.alive:
                worker.dismiss()
                worker.wait_for_end(1.0)
                end_run(worker.folder)
        if self._inspector is not None:
            self._inspector.wait_for_end(1.0)
            remove_folder(self._inspector.place)

    def _start_inspector(self) -> Worker:
        environment = launch.environment("cpu")
        place = self._places.of_inspector()

        def begin() -> process.Process:
            remove_abandoned()
            command = launch.inspector_command(place)
            return process.start(command, environment, place.output, in_background=True)

        return Worker(self.post, place, begin, lambda record: None, self._on_inspector_end)

    def _on_inspector_end(self, worker: Worker, code: int | None, why: str) -> "Problem":
        from eqxviz.engine.deaths import death_problem

        problem = death_problem(
            *(code, why, worker.place.output, self._busy_with),
            was_asked=worker.is_stopping,
            was_ready=worker.was_ready,
        )
        remove_folder(worker.place)
        # One that never answered would only die again; it is tried again when it is needed.
        if worker is self._inspector and worker.was_ready and not self._is_closed:
            self._inspector = self._start_inspector()
        return problem

    def _watch(
        self,
        place: Place,
        begin: Callable[[], process.Process],
        script: str,
        on_event: "Callable[[Record], None]",
        on_output: Callable[[str], None],
    ) -> Worker:
        from eqxviz.records import RunState, RunStatus, Watch

        place.output.touch(mode=0o600)
        tail = Tail(place.output, lambda text: self.post(lambda: on_output(text)))

        def on_end(worker: Worker, code: int | None, why: str) -> "Problem":
            from eqxviz.engine.deaths import death_problem

            tail.end()
            problem = death_problem(
                *(code, why, place.output, script),
                was_asked=worker.is_stopping,
                was_ready=worker.was_ready,
            )
            if not worker.has_finished:
                state = RunState.STOPPED if worker.is_stopping else RunState.DIED
                last = worker.status or RunStatus.at_start()
                exit_code = -1 if code is None else code
                on_event(replace(last, state=state, exit_code=exit_code))
                if not worker.is_stopping:
                    on_event(problem)
            end_run(place.folder)
            return problem

        worker = Worker(self.post, place, begin, on_event, on_end)
        worker.ask(Watch(0), lambda answer: None)
        self._runs.append(worker)
        return worker

    def _describe(
        self, started: process.Process, place: Place, script: Path, argv: Sequence[str]
    ) -> RunInfo:
        return RunInfo.of(place, started.pid, started.stamp, os.fspath(script), argv)
