"""Looking at a script while it runs, until enough was seen to judge it."""

import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from eqxviz.analysis.modules import LIBRARIES
from eqxviz.analysis.user_code import UserCode
from eqxviz.capturing import Capture
from eqxviz.capturing.attended import Made
from eqxviz.capturing.held import KeptCall
from eqxviz.capturing.imports import ImportWatch
from eqxviz.doctor.diagnosis import diagnose
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.faults import not_judged, not_seen
from eqxviz.doctor.rules import RULES
from eqxviz.doctor.seen import Call, Function, Line, Operation
from eqxviz.doctor.watching.differentiating import DifferentiationWatch
from eqxviz.doctor.watching.eager import EagerWatch, Held
from eqxviz.doctor.watching.making import Makings
from eqxviz.doctor.watching.optimisers import OptimiserDoor
from eqxviz.doctor.watching.splitting import watch_splits
from eqxviz.doctor.watching.timeline import Timeline
from eqxviz.doctor.watching.traces import Traces
from eqxviz.doctor.watching.trees import seen_tree, trees_of_call
from eqxviz.doctor.watching.turns import TurnWatch
from eqxviz.records import CompileEvent, GradientSeen, Problem, Record

ENOUGH_CALLS = 3
# So many tell a function that compiles each time from one that is called with a few shapes.
_DOUBTFUL_CALLS = 8
# So long a script goes on once enough was seen: it may be about to end, or to fail at its end.
_GRACE_SECONDS = 1.0
# A check is asked for, so that it may take its time.
_DIAGNOSIS_SECONDS = 60.0
# A function that is called so rarely is not waited for.
_MOST_CALLS = 100


class Examination:
    """Gathers evidence of a script that runs under `capture`, and judges it.

    Args:
        capture: What observes the script; it keeps calls from now on.
        root: The user's project.
        enough: Called once enough was seen, in the thread of a call that is about to be made, or
            that computes outside of jit.
        n_steps: The steps after which it is enough; 0 for as soon as each jitted function was
            called three times.
    """

    def __init__(
        self, capture: Capture, root: str, enough: Callable[[], None], n_steps: int = 0
    ) -> None:
        user_code = UserCode(root)
        self.evidence = Evidence(
            user_code, Makings(user_code), Traces(user_code), Timeline(user_code)
        )
        self._capture = capture
        self._enough = enough
        self._n_steps = n_steps
        self._is_enough = False
        self._enough_since = 0.0
        self._began = 0.0
        self._eager: EagerWatch | None = None
        self._held = Held()
        self._turns: TurnWatch | None = None
        self._doors: list[Callable[[], None]] = []
        self._failures: list[Problem] = []
        # What is to be called with a module, by its name, once that was imported.
        self.on_import = {"jax": self._on_jax, "optax": self._on_optax}
        self.on_import |= dict.fromkeys(LIBRARIES, self._on_library)
        self._imports = ImportWatch(self.on_import, self.fail)

    def start(self, *, watches_imports: bool = True) -> None:
        """Look from now on. To be called in the script's thread, after the capture was started.

        Who sees what is imported calls `on_import`: this one comes with JAX, while a library that
        imports JAX is imported.
        """
        self._capture.look_on(self)
        if watches_imports:
            self._imports.start()

    def stop(self) -> None:
        """Look no more. To be called in the thread that started it."""
        self._imports.stop()
        if self._turns is not None:
            self._turns.close()
        if self._eager is not None:
            self._eager.stop()
        for close in self._doors:
            close()

    def see(self, records: Sequence[Record]) -> None:
        """See what the capture tells."""
        for record in records:
            if isinstance(record, CompileEvent):
                self.evidence.compiles.append(record)
            elif isinstance(record, GradientSeen):
                self.evidence.gradients.append(record)
            elif isinstance(record, Problem):
                self.evidence.told.append(record)

    def meet(self, error: BaseException) -> None:
        """See what the script raised and did not catch."""
        self.evidence.error = error
        self.evidence.diagnosis += diagnose(error, self.evidence.user_code, _DIAGNOSIS_SECONDS)

    def see_model(self, model: Any, name: str, at: tuple[str, int]) -> None:
        """See a PyTree that no call was given; `at` is the user's line that has it."""
        self.evidence.trees.append(seen_tree(model, name, Line(*at)))

    def problems(self) -> list[Problem]:
        """Return what the rules find, each once, in the order of lines."""
        found = [problem for rule in RULES for problem in self._found_by(rule)]
        found += self._failures
        told = {(each.code, each.file, each.line, each.title): each for each in reversed(found)}
        return sorted(told.values(), key=lambda each: (each.file, each.line, each.code))

    def _found_by(self, rule: ModuleType) -> list[Problem]:
        found: list[Problem] = []
        try:
            found += rule.find(self.evidence)
        except Exception as error:  # noqa: BLE001 - the other rules are to judge all the same
            found.append(not_judged(rule.CODE, error))
        return found

    def before(self, made: Made) -> None:
        """See a call that is about to be made."""
        if self._turns is not None and not self._is_enough:
            self._turns.before(made)
        if not self._is_enough and self._has_enough():
            self._end()
        if self._is_enough and self._has_waited():
            self._enough()
        row, frame = made.function, made.frame
        if row.id not in self.evidence.functions and frame is not None and not self._is_enough:
            self.evidence.functions[row.id] = Function(row.seen)
            at = Line(frame.f_code.co_filename, frame.f_lineno)
            self.evidence.trees += trees_of_call(made.target, *made.call, at, row.id)
        if frame is not None and not self._is_enough:
            self.evidence.timeline.begin(row.id, (made.target, *made.call), frame)
        self._began = time.perf_counter()

    def after(self, made: Made, kept: KeptCall) -> None:
        """See a call that has returned."""
        seconds = time.perf_counter() - self._began
        row, frame = made.function, made.frame
        if self._turns is not None and self._eager is not None and not self._is_enough:
            self._turns.after(made, kept.result)
            self._eager.waits = self._turns.waits
        self.evidence.timeline.end(kept.result)
        if self._is_enough or frame is None or kept.why_not:
            return
        function = self.evidence.functions[row.id]
        at = Line(frame.f_code.co_filename, frame.f_lineno)
        call = Call(
            *(kept.call, at, made.target, kept.args, kept.kwargs, self._began, seconds),
            result=kept.result,
        )
        function.n_calls = kept.call
        del function.calls[1:]
        function.calls.append(call)

    def _end(self) -> None:
        self._is_enough, self._enough_since = True, time.perf_counter()

    def _has_waited(self) -> bool:
        return bool(self._n_steps) or time.perf_counter() - self._enough_since > _GRACE_SECONDS

    def _has_enough(self) -> bool:
        observer = self._capture.observer
        functions = self.evidence.functions.values()
        if observer is None or not functions:
            return False
        if self._n_steps:
            return observer.step >= self._n_steps
        n_calls = [function.n_calls for function in functions]
        are_enough = all(function.n_calls >= self._n_wanted(function) for function in functions)
        if max(n_calls) >= _MOST_CALLS:
            return True
        return are_enough and (self._turns is None or self._turns.is_over())

    def _n_wanted(self, function: Function) -> int:
        """Return after how many calls enough is known: more where each of them compiles."""
        n_compiles = sum(event.function == function.seen.id for event in self.evidence.compiles)
        return _DOUBTFUL_CALLS if n_compiles > 1 else ENOUGH_CALLS

    def _on_jax(self, _jax: ModuleType) -> None:
        user_code = self.evidence.user_code
        self._eager = EagerWatch(user_code, self._is_script, self._see_operation)
        self._turns = TurnWatch(
            user_code, lambda: self._is_script() and not self._is_enough, self.fail
        )
        self.evidence.turns = self._turns.turns
        self._eager.start()
        watch = DifferentiationWatch(user_code, self.evidence.differentiated.append, self.fail)
        self._doors.append(watch.start())

    def _on_library(self, library: ModuleType) -> None:
        self._doors.append(self.evidence.makings.watch(library))
        splits = self.evidence.splits
        self._doors.append(watch_splits(library, self.evidence.user_code, splits.append, self.fail))

    def _on_optax(self, optax: ModuleType) -> None:
        door = OptimiserDoor(optax, self.evidence.user_code, self.evidence.optimisers.append)
        self._doors.append(door.close)

    def _is_script(self) -> bool:
        """Whether what this thread does is the script's doing, outside of jitted calls."""
        observer = self._capture.observer
        return observer is not None and not observer.is_in_call

    def _see_operation(self, operation: Operation) -> None:
        if not self._is_enough:
            self.evidence.operations.append(self._held.kept(operation))
            self.evidence.timeline.see(operation)
            if self._turns is not None:
                self._turns.see(operation)
                if self._turns.is_over_without_jit() and not self._n_steps:
                    self._end()
        elif self._has_waited() and not self.evidence.turns.calls:
            self._enough()

    def fail(self, error: Exception) -> None:
        """Tell that something could not be looked at."""
        self._failures.append(not_seen(error))
