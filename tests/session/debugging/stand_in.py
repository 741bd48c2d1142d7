"""A script that is paused, in place of a process: it answers about its frames when it is asked."""

from collections.abc import Callable
from dataclasses import replace

from eqxviz.records import (
    Done,
    Evaluate,
    Evaluated,
    Frame,
    FunctionSeen,
    Halt,
    HaltKind,
    JitFlavour,
    ReadStack,
    ReadVariables,
    Record,
    RunState,
    SetStops,
    Stack,
    Variable,
    Variables,
)
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session

SCRIPT = "/x/train.py"
FRAMES = (
    Frame("/lib/nn.py", 8, "__call__", "return x", False),
    Frame(SCRIPT, 12, "forward", "y = model(x)", True),
    Frame(SCRIPT, 40, "<module>", "loss = make_step(model)", True),
)


class PausedScript:
    """Answers at once, but for code that never ends; it remembers what it was asked."""

    alive = True
    folder = ""

    def __init__(self) -> None:
        self.asked: list[Record] = []
        self.cancelled: list[int] = []
        self.frames = FRAMES
        self.rate = "0.1"
        self.answers_variables = True
        self.stops_answer: Record = Done()

    def ask(self, request: Record, answered: Callable[[Record], None]) -> int:
        self.asked.append(request)
        answer = self.answer(request)
        if answer is not None:
            answered(answer)
        return len(self.asked)

    def cancel(self, request_id: int) -> None:
        self.cancelled.append(request_id)

    def stop(self) -> None:
        pass

    def of(self, kind: type[Record]) -> list[Record]:
        """Return what was asked of one kind."""
        return [request for request in self.asked if isinstance(request, kind)]

    def answer(self, request: Record) -> Record | None:
        if isinstance(request, SetStops):
            return self.stops_answer
        if isinstance(request, ReadStack):
            return Stack(self.frames)
        if isinstance(request, ReadVariables) and self.answers_variables:
            return Variables(request.frame, request.path, self.variables(request))
        if isinstance(request, Evaluate):
            return self.evaluate(request.code)
        return None

    def variables(self, request: ReadVariables) -> tuple[Variable, ...]:
        if request.path == "":
            return (
                Variable("model", "MLP", "MLP(...)", has_parts=True, is_tree=True),
                Variable("rate", "float", self.rate),
                Variable("N_STEPS", "int", "100", is_global=True),
            )
        if request.path == "model":
            return (
                Variable(".weight", "Array", "f32[8,3]", is_tree=True),
                Variable(".width", "int", "8"),
            )
        return ()

    def evaluate(self, code: str) -> Evaluated | None:
        if code.startswith("while True: pass"):
            return None
        if code.startswith("rate = "):
            self.rate = code.removeprefix("rate = ")
            return Evaluated("", has_changed=True)
        if code == "1 / 0":
            return Evaluated("", error="ZeroDivisionError: division by zero")
        if code == "model":
            return Evaluated("MLP(...)", "MLP", is_tree=True)
        return Evaluated(code, "str", output="printed\n")


def begin(session: Session, script: str = SCRIPT) -> tuple[RunView, PausedScript]:
    """Let `session` show a run that goes on, of which a stand-in answers."""
    run, worker = RunView(script, (), "", None), PausedScript()
    run.add(FunctionSeen(3, "make_step", script, 10, JitFlavour.JAX, True))
    run.status = replace(run.status, state=RunState.RUNNING, step=41, step_function=3)
    session.run = run
    session._run_worker = worker  # type: ignore[assignment]  # no process
    session.run_changed.emit()
    return run, worker


def tell(session: Session, state: RunState, **changes: object) -> None:
    """Let the run tell its state."""
    assert session.run is not None
    told = {"halt": None, "state": state, **changes}
    session._on_event(session.run, replace(session.run.status, **told))  # type: ignore[arg-type]  # fields by name


def pause(
    session: Session, kind: HaltKind = HaltKind.CALL, seconds: float = 1.0, **halt: object
) -> None:
    """Let the run pause at its line 40, by itself."""
    about = {"thread": "MainThread", "call": 42, **halt}
    tell(
        session,
        RunState.PAUSED,
        at_function=3,
        at_file=SCRIPT,
        at_line=40,
        elapsed_seconds=seconds,
        halt=Halt(kind, **about),  # type: ignore[arg-type]  # fields by name
    )
