"""Stops on source lines, conditions at them, and looking around there."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eqxviz.engine.wishes import to_word
from eqxviz.records import (
    Control,
    Done,
    Evaluate,
    Evaluated,
    GateCommand,
    HaltKind,
    OpenedModel,
    OpenModel,
    Problem,
    ReadStack,
    ReadVariables,
    Record,
    RunState,
    RunStatus,
    SetStops,
    Severity,
    Stack,
    Stop,
    StopKind,
    Variables,
    Watch,
)

from .conftest import Client, Run, Worker

Start = Callable[..., Run]

TRAIN = textwrap.dedent("""\
    import threading
    import jax, jax.numpy as jnp

    @jax.jit
    def step(w, x):
        error = x @ w
        loss = jnp.mean(error ** 2)
        return w - 0.1 * error, loss

    def report(
        number, loss
    ):
        text = (
            f"step {number} "
            f"loss {loss:.3f}"
        )

        return text

    w, x = jnp.ones(3), jnp.eye(3)
    for number in range(6):
        w, loss = step(
            w,
            x,
        )
        # what is told
        line = report(number, loss)
        print(line)

    def other():
        shared = 5
        print("other", shared)

    thread = threading.Thread(target=other, name="reader")
    thread.start()
    thread.join()
    print("end")
    """)


def line_of(text: str) -> int:
    """Return the first line of the script that holds `text`."""
    return next(i for i, line in enumerate(TRAIN.splitlines(), 1) if text in line)


def stopped(
    started: Run, text: str, condition: str = "", *, line: int = 0, answer: Record | None = None
) -> RunStatus:
    """Let a run that waits go on to a stop on the line that holds `text`."""
    client = started.client
    client.until_state(RunState.PAUSED)
    file = str(started.worker.place / "script.py")
    at = line or line_of(text)
    stop = Stop(3, StopKind.LINE, file=file, line=at, condition=condition)
    told = client.ask(SetStops((stop,)))
    if answer is None:
        assert told == Done()
    else:
        assert isinstance(told, Problem)
        assert isinstance(answer, Problem)
        assert (told.code, told.severity, told.line) == (answer.code, answer.severity, answer.line)
    return go_on(client)


def go_on(client: Client) -> RunStatus:
    """Let the run go on to where it pauses next."""
    client.ask(Control(GateCommand.CONTINUE))
    return client.until_state(RunState.PAUSED, RunState.FINISHED, RunState.FAILED)


def evaluated(client: Client, code: str) -> str:
    """Return the text of `code` in the innermost frame."""
    answer = client.ask(Evaluate(0, code))
    assert isinstance(answer, Evaluated), answer
    assert not answer.error
    return answer.text


def test_the_run_pauses_before_a_line_each_time(run: Start):
    started = run(TRAIN, hold=True)
    client = started.client
    for number in range(6):
        status = stopped(started, "print(line)") if number == 0 else go_on(client)
        halt = status.halt
        assert halt is not None, status
        assert (halt.kind, halt.stop, halt.thread) == (HaltKind.LINE, 3, "MainThread")
        assert halt.why == f"line {line_of('print(line)')} of script.py"
        assert status.at_line == line_of("print(line)")
        assert evaluated(client, "number") == str(number)
        assert started.output.count("step") == number
    assert go_on(client).state is RunState.FINISHED
    assert started.output.endswith("other 5\nend\n")


def test_a_statement_over_several_lines_is_stopped_at_once_before_any_of_it(run: Start):
    started = run(TRAIN, hold=True)
    status = stopped(started, "", line=line_of("        w,"))
    for number in range(1, 5):  # the call that waited was of the first turn
        assert status.halt is not None
        assert status.halt.why.startswith(f"line {line_of('w, loss = step(')} of script.py")
        assert evaluated(started.client, "number") == str(number)
        status = go_on(started.client)


def test_a_line_in_a_function_has_its_frame_shown(run: Start):
    started = run(TRAIN, hold=True)
    stopped(started, "text = (")
    client = started.client
    stack = client.ask(ReadStack())
    assert isinstance(stack, Stack)
    assert [(f.function, f.line) for f in stack.frames] == [
        ("report", line_of('f"step {number} "')),
        ("<module>", line_of("line = report")),
    ]
    found = client.ask(ReadVariables(0))
    assert isinstance(found, Variables)
    assert [v.name for v in found.variables] == ["number", "loss"]
    assert evaluated(client, "number = 40; number") == "40"
    client.ask(SetStops(()))
    go_on(client)
    assert "step 40 loss" in started.output


def test_a_line_without_code_takes_the_next_one_and_says_so(run: Start):
    started = run(TRAIN, hold=True)
    at = line_of("line = report")
    moved = Problem("stop-moved", Severity.NOTE, "", "", "", "", at)
    status = stopped(started, "# what is told", answer=moved)
    assert status.halt is not None
    assert status.halt.why == f"line {at} of script.py, the next after {at - 1}"


def test_a_condition_is_looked_at_in_the_frame(run: Start):
    started = run(TRAIN, hold=True)
    status = stopped(started, "print(line)", "any(number == n for n in (3, 9))")
    assert status.halt is not None
    assert status.halt.why.endswith("`any(number == n for n in (3, 9))` is true")
    assert evaluated(started.client, "number") == "3"
    assert go_on(started.client).state is RunState.FINISHED


def test_a_condition_that_raises_pauses_and_says_so(run: Start):
    started = run(TRAIN, hold=True)
    status = stopped(started, "print(line)", "nothing > 3")
    assert status.halt is not None
    assert "`nothing > 3` raised NameError: name 'nothing' is not defined" in status.halt.why


def test_a_condition_on_a_local_that_has_no_value_yet_pauses_and_says_so(run: Start):
    started = run(TRAIN, hold=True)
    status = stopped(started, "text = (", "'1' in text")
    assert status.halt is not None
    said = "`'1' in text` cannot be told: text has no value here: it is not assigned yet"
    assert said in status.halt.why


def test_code_that_is_traced_is_stopped_in_and_its_tracers_are_told_as_such(run: Start):
    started = run(TRAIN, hold=True)
    status = stopped(started, "loss = jnp.mean")
    client = started.client
    assert status.halt is not None
    assert "while it is traced" in status.halt.why
    assert (status.at_function, status.halt.call) == (0, 1)
    found = client.ask(ReadVariables(0))
    assert isinstance(found, Variables)
    variables = {v.name: v for v in found.variables}
    assert (variables["error"].type, variables["error"].text) == ("Tracer", "f32[3] traced")
    assert "float32[3]" in evaluated(client, "error * 2")
    assert evaluated(client, "jnp.ones(2).shape") == "(2,)"
    opened = client.ask(OpenModel("", "x"))
    assert isinstance(opened, OpenedModel), opened
    assert go_on(client).state is RunState.FINISHED


def test_a_loop_is_stopped_at_each_turn_and_a_step_goes_to_the_next_call(run: Start):
    started = run(TRAIN, hold=True)
    status = stopped(started, "for number in")
    assert (status.at_line, status.step) == (line_of("for number in"), 1)
    started.client.ask(Control(GateCommand.STEP))
    status = started.client.until_state(RunState.PAUSED)
    assert status.halt is not None
    assert status.halt.kind is HaltKind.LINE
    assert status.step == 2


def test_a_thread_that_starts_later_is_stopped(run: Start):
    started = run(TRAIN, hold=True)
    status = stopped(started, 'print("other"')
    assert status.halt is not None
    assert status.halt.thread == "reader"
    assert evaluated(started.client, "shared") == "5"


@pytest.mark.parametrize("line", [1000, 0])
def test_a_line_that_is_not_there_is_told(run: Start, line: int):
    started = run(TRAIN, hold=True)
    client = started.client
    client.until_state(RunState.PAUSED)
    file = str(started.worker.place / "script.py")
    told = client.ask(SetStops((Stop(1, StopKind.LINE, file=file, line=line),)))
    assert isinstance(told, Problem)
    assert told.code == ("no-such-line" if line else "stop-not-set")


BEFORE_JAX = textwrap.dedent("""\
    import os, sys
    import numpy as np

    class Config:
        def __init__(self):
            self.width, self.rows = 3, {"a": [1, 2]}

    def read(path):
        config, table = Config(), np.ones((2, 3))
        scalar = np.float32(2)
        os.environ["JAX_ENABLE_X64"] = "1"
        return table

    table = read("a.csv")
    import jax, jax.numpy as jnp
    step = jax.jit(lambda x: x * 2)
    print("then", step(jnp.ones(2)).dtype)
    """)


@pytest.fixture
def before_jax(tmp_path: Path) -> Iterator[tuple[Worker, Client]]:
    """A run that stands at a line before its script imports JAX, and its client."""
    script = tmp_path / "script.py"
    script.write_text(BEFORE_JAX)
    at = BEFORE_JAX.splitlines().index('    os.environ["JAX_ENABLE_X64"] = "1"') + 1
    asked = to_word(SetStops((Stop(3, StopKind.LINE, file=str(script), line=at),)))
    folder = str(tmp_path / "run")
    worker = Worker(tmp_path, "run", "--folder", folder, f"--ask={asked}", "--", "script.py")
    client = worker.connect()
    client.tell(Watch(0))
    assert client.until_state(RunState.PAUSED, RunState.FINISHED).at_line == at
    yield worker, client
    worker.end()


def test_before_the_script_imports_jax_its_frames_are_looked_into(
    before_jax: tuple[Worker, Client],
):
    _, client = before_jax
    stack = client.ask(ReadStack())
    assert isinstance(stack, Stack), stack
    assert [f.function for f in stack.frames] == ["read", "<module>"]
    found = client.ask(ReadVariables(0))
    assert isinstance(found, Variables), found
    shown = {v.name: (v.type, v.text) for v in found.variables}
    assert shown == {
        "path": ("str", "'a.csv'"),
        "config": ("Config", "Config(width=3, rows={'a': [1, 2]})"),
        "table": ("ndarray", "f64[2,3]"),
        "scalar": ("float32", "np.float32(2.0)"),
    }
    inside = client.ask(ReadVariables(0, "config.rows"))
    assert isinstance(inside, Variables), inside
    assert [(v.name, v.text) for v in inside.variables] == [("['a']", "[1, 2]")]
    outer = client.ask(ReadVariables(1))
    assert isinstance(outer, Variables), outer
    assert "read" in [v.name for v in outer.variables]


def test_before_the_script_imports_jax_the_console_works_and_does_not_import_it(
    before_jax: tuple[Worker, Client],
):
    worker, client = before_jax
    assert evaluated(client, "table.sum() + config.width") == "np.float64(9.0)"
    assert evaluated(client, "'jax' in sys.modules, _") == "(False, np.float64(9.0))"
    refused = client.ask(OpenModel("", "table"))
    assert isinstance(refused, Problem)
    assert (refused.code, refused.title) == ("no-jax", "The script has not imported JAX")
    assert evaluated(client, "table = table * 2; table[0, 0]") == "np.float64(2.0)"
    client.ask(Control(GateCommand.CONTINUE))
    assert client.until_end().state is RunState.FINISHED
    # What the script sets after the stop, and before it imports JAX, counts.
    assert worker.output == "then float64\n"


def test_a_jitted_call_in_the_console_that_brings_jax_is_made_at_once(
    before_jax: tuple[Worker, Client],
):
    _, client = before_jax
    code = "import jax; jax.jit(lambda x: x * 2)(4)"
    assert evaluated(client, code).startswith("Array(8")
    assert evaluated(client, "import jax; jax.jit(lambda x: x * 3)(4).item()") == "12"
    found = client.ask(ReadVariables(0))
    assert isinstance(found, Variables), found
    assert {v.name: v.is_tree for v in found.variables}["table"]


def test_stopping_the_run_at_a_line_ends_it(run: Start):
    started = run(TRAIN, hold=True)
    stopped(started, "print(line)")
    started.client.ask(Control(GateCommand.STOP))
    assert started.client.until_end().state is RunState.STOPPED


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="there others are not in the way")
def test_a_debugger_that_is_there_already_is_left_alone_and_told(run: Start):
    script = "import sys\ndef trace(*_): return None\nsys.settrace(trace)\n" + TRAIN
    script += "assert sys.gettrace() is trace\n"
    started = run(script, hold=True)
    client = started.client
    client.until_state(RunState.PAUSED)
    file = str(started.worker.place / "script.py")
    client.ask(SetStops((Stop(3, StopKind.LINE, file=file, line=line_of("print(line)") + 3),)))
    assert go_on(client).state is RunState.FINISHED
    (told,) = client.of(Problem)
    assert told.code == "lines-not-told"
    assert "traces it already" in told.why


def test_a_stop_that_is_taken_away_costs_nothing_and_is_not_met(run: Start):
    tools = "[sys.monitoring.get_tool(i) for i in range(6)] if hasattr(sys, 'monitoring') else ''"
    started = run(f"import sys\n{TRAIN}print(sys.gettrace(), {tools})\n", hold=True)
    client = started.client
    client.until_state(RunState.PAUSED)
    file = str(started.worker.place / "script.py")
    client.ask(SetStops((Stop(3, StopKind.LINE, file=file, line=line_of("print(line)") + 1),)))
    go_on(client)
    client.ask(SetStops(()))
    assert go_on(client).state is RunState.FINISHED
    assert started.output.splitlines()[-1].startswith("None")
    assert "eqxviz" not in started.output
