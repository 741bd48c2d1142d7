"""The engine: keeps an inspecting worker warm, starts runs, finds those that go on."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.engine import commands, process
from eqxviz.engine.interpreters import choose
from eqxviz.engine.launch import Launch, LaunchError
from eqxviz.engine.output import Tail
from eqxviz.engine.places import Place, Places, RunInfo, end_run, remove_folder
from eqxviz.engine.remote import NO_OUTPUT, Address, Copy, Elsewhere, Followed, RemotePlace
from eqxviz.engine.stopping import DISMISS_SECONDS, KILL_AFTER_SECONDS
from eqxviz.engine.warm import WarmWorker
from eqxviz.engine.worker import Post, Worker

if TYPE_CHECKING:
    from eqxviz.engine.devices import Device
    from eqxviz.records import Problem, Record, RunStatus, Welcome


# Told of the folder of a run whose process did not tell of its end, how it ended, and of what.
OnDeath = Callable[[Path, "RunStatus", "Sequence[Problem]"], None]


class Engine:
    """Everything that starts or ends processes for one window or one command.

    Its methods belong to one thread; `post` runs a function later on that thread, from any thread,
    and everything that is called back comes through it. `folder` is where runs are kept.
    """

    def __init__(self, post: Post, folder: Path | None = None) -> None:
        self.post = post
        self._places = Places(folder)
        self._inspector = WarmWorker(post, self._places)
        self._judge = WarmWorker(post, self._places)
        self._runs: list[Worker] = []
        self._visited: list[Worker] = []

    def inspector(self, busy_with: str = "") -> Worker:
        """Return the worker that opens models, started if there is none. It is never waited for.

        `busy_with` is the file that it is about to be given, for a problem to name.
        """
        return self._inspector.get(busy_with)

    def judge(self, busy_with: str = "") -> Worker:
        """Return the worker that judges answers to exercises, as `inspector` does."""
        return self._judge.get(busy_with)

    def run(
        self,
        launch: Launch,
        *,
        on_event: "Callable[[Record], None]",
        on_output: Callable[[str], None],
        on_death: "OnDeath",
        streams: "Callable[[Place], process.Streams] | None" = None,
        asked: "Sequence[Record]" = (),
        is_kept: bool = True,
    ) -> Worker:
        """Start what `launch` names under capture.

        Every record of the run goes to `on_event`, its end and its problems too; what it prints
        goes to `on_output`, unless `streams` says where to: then only what eqxviz says does. That
        is called on another thread, once the interpreter was found good; one that is not is a
        problem of the run. Of an end that the process could not keep itself `on_death` is told.
        Before the script starts the run obeys what is `asked`, after what `launch` itself asks. One
        that is not kept leaves nothing behind, and is in no list of runs.

        Raises:
            LaunchError: If `launch` cannot be carried out.
        """
        for fault in launch.faults():
            raise LaunchError(fault)
        environment = launch.variables(commands.worker_environment())
        places = self._places
        place = places.of_run(Path(launch.place)) if is_kept else places.of_check()
        refusal: list[Problem] = []

        def begin() -> process.Process:
            try:
                python = choose(launch, environment)
            except LaunchError as error:
                from eqxviz.engine.refusals import refused

                refusal.append(refused(launch, error))
                raise OSError(str(error)) from error
            news = [] if python.is_own else [f"run by {python.path}: {python.words}"]
            if places.why_elsewhere and is_kept:
                news.append(f"kept in {place.folder}: {places.why_elsewhere}")
            for words in news:
                self.post(lambda words=words: on_output(f"[eqxviz: {words}]\n"))
            given = streams(place) if streams is not None else None
            command = commands.run_command(
                *(place, launch, python.path),
                given.bequest if given is not None else (),
                asked,
            )
            folder = launch.working_folder
            started = process.start(
                command, environment, place.output, folder=folder, streams=given
            )
            self._describe(started, place, launch).write()
            return started

        worker = self._watch(
            *(place, begin, launch.place, on_event, on_output if streams is None else None),
            *(on_death, refusal, is_kept),
        )
        worker.watch()
        return worker

    @property
    def runs_folder(self) -> Path:
        """The folder that holds a folder for each run, also those that have ended."""
        return self._places.runs_folder()

    def leave(self, worker: Worker) -> None:
        """Hear no more of a run, which goes on and can be attached to again."""
        worker.detach()
        if worker in self._runs:
            self._runs.remove(worker)

    def runs(self) -> list[RunInfo]:
        """Return the live runs of this user, newest first, those of this engine left out."""
        own = {worker.pid for worker in (*self._runs, *self._visited) if worker.alive}
        return [run for run in self._places.live_runs() if run.pid not in own]

    def attach(
        self,
        run: RunInfo,
        *,
        on_event: "Callable[[Record], None]",
        on_output: Callable[[str], None],
        on_death: "OnDeath",
    ) -> Worker:
        """Connect to a run that another window has left, or a process that the user made
        observable: that one is never harmed, and its output is not known here.

        Of what it does it tells as soon as it is asked to, by `Worker.watch`.
        """

        def begin() -> process.Process:
            found = process.Process(run.pid, ours=not run.is_captured)
            if found.stamp != run.stamp:
                raise OSError("the run has ended in the meantime")
            return found

        if run.is_captured:
            followed = Followed(run.place, begin, run.title)
            return self._follow(followed, on_event, on_output)
        return self._watch(run.place, begin, run.script, on_event, on_output, on_death)

    def attach_remote(
        self,
        address: Address,
        welcome: "Welcome",
        copy: Copy,
        *,
        on_event: "Callable[[Record], None]",
        on_output: Callable[[str], None],
        on_link: Callable[[bool], None],
    ) -> Worker:
        """Watch the run at `address`, which has greeted with `welcome`; `copy` keeps it here.

        `on_link` is told when the connection is lost, and when it is there again.
        """

        def begin() -> Elsewhere:
            for record in copy.kept():
                self.post(lambda record=record: on_event(record))
            return Elsewhere(welcome.run, copy)

        way, title = RemotePlace(copy.folder, address), welcome.name or welcome.script
        return self._follow(Followed(way, begin, title, copy.keep, on_link), on_event, on_output)

    def copy_folder(self, welcome: "Welcome") -> Path:
        """Return where the run that has greeted so is kept here: a fresh folder at first."""
        return self._places.of_copy(welcome.run, welcome.script, welcome.name)

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

    def list_devices(
        self,
        answered: "Callable[[tuple[Device, ...] | Problem], None]",
        launch: Launch | None = None,
    ) -> None:
        """Look for the devices that JAX finds; takes seconds. `answered` gets them, or why not.

        It is the JAX that `launch` would run with, without one eqxviz's own.
        """

        def ask() -> None:
            from eqxviz.engine.devices import list_devices
            from eqxviz.records import Problem, Severity

            python = sys.executable
            try:
                python = choose(launch).path if launch is not None else python
                found = list_devices(python)
            except (RuntimeError, LaunchError) as error:
                found = Problem(
                    "no-devices",
                    Severity.ERROR,
                    "The devices could not be listed",
                    f"JAX said: {str(error).splitlines()[-1]}",
                    f"Check that `{python} -c 'import jax; print(jax.devices())'` works.",
                    detail=str(error),
                )
            self.post(lambda: answered(found))

        threading.Thread(target=ask, name="eqxviz-devices", daemon=True).start()

    def close(self, leave_runs: bool) -> None:
        """End all workers, within 5 s of the last checkpoint of theirs; with `leave_runs`, those
        that write one or whose run goes on are left.
        """
        for warm in (self._inspector, self._judge):
            warm.kill()
        for worker in self._visited:
            worker.detach()
        live = [worker for worker in self._runs if worker.alive]
        for worker in live:
            if leave_runs and (worker.is_saving or not worker.has_finished):
                worker.detach()
            else:
                worker.stop()
        if not leave_runs:
            deadline = time.monotonic() + KILL_AFTER_SECONDS + 0.5
            for worker in live:
                worker.wait_for_finish(max(deadline - time.monotonic(), 0))
        for worker in live:
            if not worker.has_finished:
                worker.settle()
        over = [worker for worker in live if worker.alive]
        for worker in over:
            worker.dismiss()
        for worker in over:
            worker.wait_for_end(DISMISS_SECONDS + 0.5)
            end_run(worker.folder)
        for warm in (self._inspector, self._judge):
            warm.wait_for_end(1.0)

    def _watch(
        self,
        place: Place,
        begin: Callable[[], process.Process],
        script: str,
        on_event: "Callable[[Record], None]",
        on_output: Callable[[str], None] | None,
        on_death: "OnDeath",
        refusal: "Sequence[Problem]" = (),
        is_kept: bool = True,
    ) -> Worker:
        """Connect to a process that `begin` starts or finds, and tell of its output and its end.

        `refusal` may come to hold why it was not started. If it is not kept its folder goes with
        it.
        """
        from eqxviz.records import RunState

        place.output.touch(mode=0o600)
        tail = None
        if on_output is not None:
            tail = Tail(place.output, lambda text: self.post(lambda: on_output(text)))

        def on_end(worker: Worker, code: int | None, why: str) -> "Problem":
            from eqxviz.engine.deaths import death_problem

            if tail is not None:
                tail.end()
            problem = (
                refusal[0]
                if refusal
                else death_problem(
                    *(code, why, place.output, script),
                    was_asked=worker.is_stopping,
                    # A script may end its process before that could be asked anything.
                    was_ready=worker.was_ready or place.socket.exists(),
                )
            )
            if not worker.has_finished:
                went_well = worker.has_hung_up and code == 0
                state = RunState.FINISHED if went_well else RunState.DIED
                state = RunState.FAILED if refusal else state
                is_stopped = worker.is_stopping or code == -signal.SIGINT
                state = RunState.STOPPED if is_stopped else state
                code = -1 if code is None else code
                end = replace(worker.status_now(), state=state, exit_code=code)
                reasons = () if is_stopped or went_well else (problem,)
                for record in (end, *reasons):
                    on_event(record)
                on_death(place.folder, end, reasons)
            if is_kept:
                end_run(place.folder)
            else:
                remove_folder(place)
            return problem

        worker = Worker(self.post, place, begin, on_event, on_end, may_hang_up=True)
        self._runs.append(worker)
        return worker

    def _follow(
        self,
        followed: Followed,
        on_event: "Callable[[Record], None]",
        on_output: Callable[[str], None],
    ) -> Worker:
        """Connect to a process that is the user's own."""
        from eqxviz.records import RunState

        def on_end(worker: Worker, code: int | None, why: str) -> "Problem":
            problem = followed.end_problem(why, worker.has_finished)
            if not worker.has_finished:
                on_event(replace(worker.status_now(), state=RunState.DIED))
                on_event(problem)
            end_run(followed.way.folder)
            return problem

        worker = Worker(
            self.post, followed.way, followed.begin, on_event, on_end,
            followed.news_of, followed.on_link,
        )  # fmt: skip
        self.post(lambda: on_output(NO_OUTPUT))
        self._visited.append(worker)
        return worker

    def _describe(self, started: process.Process, place: Place, launch: Launch) -> RunInfo:
        return RunInfo.of(
            place, started.pid, started.stamp, launch.place, launch.argv, launch=launch
        )
