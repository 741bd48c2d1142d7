"""Code that is run in a frame of a run that is paused."""

import time
from collections.abc import Callable

import pytest

from eqxviz.records import (
    Cancel,
    Control,
    Done,
    Evaluate,
    Evaluated,
    FunctionTotals,
    GateCommand,
    OpenedModel,
    OpenModel,
    Problem,
    ReadVariables,
    RunState,
    Variables,
)

from .conftest import Client, Run

Start = Callable[..., Run]

TRAIN = """
    import time
    import jax, jax.numpy as jnp

    rate = 0.5

    @jax.jit
    def step(w, rate):
        return w - rate

    def train(n):
        w = jnp.ones(3)
        total = 0
        def add(value):
            nonlocal total
            total += value
        for number in range(n):
            w = step(w, rate)
            add(float(w[0]))
        return w, total

    w, total = train(2)
    print("w", w.tolist(), "total", total)
    squares = step(w, 0.0)
    print("squares", squares)
"""
INTERRUPTED = "Interrupted: it did not come to its end."


@pytest.fixture
def client(run: Start) -> Client:
    """The client of a run that waits before its first call, in `train`."""
    started = run(TRAIN, hold=True)
    started.client.until_state(RunState.PAUSED)
    return started.client


def evaluated(client: Client, code: str, frame: int = 0) -> Evaluated:
    """Return what became of `code`."""
    answer = client.ask(Evaluate(frame, code))
    assert isinstance(answer, Evaluated), answer
    return answer


def test_an_expression_has_its_value_told_and_kept(client: Client):
    assert evaluated(client, "w * rate + number") == Evaluated(
        "Array([0.5, 0.5, 0.5], dtype=float32)", "Array", is_tree=True
    )
    assert evaluated(client, "[float(x) + number for x in _]").text == "[0.5, 0.5, 0.5]"
    assert evaluated(client, "len(_)").text == "3"
    found = client.ask(ReadVariables(0))
    assert isinstance(found, Variables)
    assert [(v.name, v.text) for v in found.variables][:2] == [("_", "3"), ("n", "2")]
    evaluated(client, "{'a': w}")
    opened = client.ask(OpenModel("", "_['a']", frame=0))
    assert isinstance(opened, OpenedModel), opened
    assert opened.tree.path(0) == "_['a']"


def test_what_it_assigns_is_seen_by_the_script(run: Start):
    started = run(TRAIN, hold=True)
    client = started.client
    client.until_state(RunState.PAUSED)
    assert evaluated(client, "total = 100").has_changed
    assert evaluated(client, "rate = 0.25; n").text == "2"  # a global of the frame
    assert evaluated(client, "made = w + 1").has_changed
    assert evaluated(client, "made.tolist()").text == "[2.0, 2.0, 2.0]"
    assert not evaluated(client, "rate").has_changed
    assert evaluated(client, "rate = rate / 2", frame=1).error == ""
    client.ask(Control(GateCommand.CONTINUE))
    client.until_end()
    # The arguments of the call that waited were at hand already.
    w = 1.0 - 0.5
    total = 100 + w + (w - 0.125)
    assert f"w {[w - 0.125] * 3} total {total}" in started.output


def test_prints_and_errors_are_told_and_exits_are_not_obeyed(client: Client):
    told = evaluated(client, "print('rate', rate)\nrate * 2")
    assert (told.output, told.text, told.type) == ("rate 0.5\n", "1.0", "float")
    told = evaluated(client, "x = 3\ndef f():\n    return x / 0\nf()")
    assert told.error.splitlines() == [
        "Traceback (most recent call last):",
        '  File "<console 2>", line 4, in <module>',
        "    f()",
        '  File "<console 2>", line 3, in outer.<locals>.<module>.<locals>.f',
        "    return x / 0",
        "ZeroDivisionError: division by zero",
    ]
    assert "dot_general" in evaluated(client, "jnp.ones((2, 3)) @ jnp.ones((2, 3))").error
    assert evaluated(client, "import sys; sys.exit(3)").error.endswith("SystemExit: sys.exit(3)")
    assert evaluated(client, "raise KeyboardInterrupt").error.endswith("KeyboardInterrupt")
    assert "SyntaxError" in evaluated(client, "rate =").error
    assert "'return' outside function" in evaluated(client, "return 1").error
    assert evaluated(client, "rate").text == "0.5"


def test_a_local_without_a_value_is_told_as_such_and_no_error_of_python(run: Start):
    started = run(
        """
        import jax, jax.numpy as jnp

        def train(step, w):
            def later():
                return best
            gone = 3
            del gone
            w = step(w)
            best, kept = w, w
            return later()

        train(jax.jit(lambda w: w * 2), jnp.ones(3))
        """,
        hold=True,
    )
    client = started.client
    client.until_state(RunState.PAUSED)
    for name in ("best", "gone", "kept"):
        told = evaluated(client, f"{name} + 1")
        words = f"{name} has no value here: it is not assigned yet, or was deleted."
        assert (told.text, told.error) == ("", words)
    assert "free variable 'best'" in evaluated(client, "later()").error
    assert "NameError: name 'nothing' is not defined" in evaluated(client, "nothing").error
    assert evaluated(client, "kept = 4; kept").text == "4"


def test_very_much_text_is_cut_and_says_so(client: Client):
    told = evaluated(client, "for i in range(100_000): print(i)")
    assert len(told.output) < 21_000
    assert told.output.endswith("568,890 more characters")
    assert evaluated(client, "'a' * 50_000").text.endswith("30,002 more characters")
    assert len(evaluated(client, "list(range(1_000_000))").text) < 10_000


def test_a_text_that_cannot_be_had_is_an_error(client: Client):
    told = evaluated(
        client, "class Bad:\n    def __repr__(self):\n        raise ValueError('no')\nBad()"
    )
    assert told.text == ""
    assert told.error.endswith("ValueError: no")


def test_jitted_calls_work_and_are_not_counted(run: Start):
    client = run(TRAIN, hold=True).client
    client.until_state(RunState.PAUSED)
    assert evaluated(client, "step(w, 1.0)").text == "Array([0., 0., 0.], dtype=float32)"
    client.ask(Control(GateCommand.CONTINUE))
    assert client.until_end().exit_code == 0
    totals = client.of(FunctionTotals)[-1]
    assert totals.calls.tolist() == [3]


@pytest.mark.parametrize("code", ["while True: pass", "import time; time.sleep(1000)"])
def test_what_never_ends_is_cancelled_and_the_run_stays_usable(client: Client, code: str):
    request = client.tell(Evaluate(0, code))
    time.sleep(0.2)
    start = time.monotonic()
    client.tell(Cancel(request))
    assert evaluated(client, "n + 1").text == "3"
    assert time.monotonic() - start < 1.0
    client.ask(Control(GateCommand.CONTINUE))
    assert client.until_end().exit_code == 0


def test_the_run_goes_on_and_what_never_ends_is_interrupted(client: Client):
    request = client.tell(Evaluate(0, "import time\nwhile True: time.sleep(0.01)"))
    time.sleep(0.2)
    assert client.ask(Control(GateCommand.CONTINUE)) == Done()
    answer = client.answer(request) if not client.of(Evaluated) else client.of(Evaluated)[0]
    assert isinstance(answer, Evaluated)
    assert answer.error == INTERRUPTED
    assert client.until_end().exit_code == 0


def test_a_stop_ends_what_never_ends_and_the_script(client: Client):
    client.tell(Evaluate(0, "import time\nwhile True: time.sleep(0.01)"))
    time.sleep(0.2)
    client.ask(Control(GateCommand.STOP))
    assert client.until_end().state is RunState.STOPPED


def test_a_frame_that_is_not_there_is_told(client: Client):
    refused = client.ask(Evaluate(17, "1"))
    assert isinstance(refused, Problem)
    assert refused.title == "There is no frame 17"
