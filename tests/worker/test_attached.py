"""A process of the user's own that calls `eqxviz.capture()`: watched, held, and never harmed."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eqxviz.engine.remote import Address, greet
from eqxviz.records import (
    CompileEvent,
    Control,
    Done,
    FunctionSeen,
    GateCommand,
    Hello,
    MetricBatch,
    OpenedModel,
    OpenModel,
    Ping,
    Problem,
    RunState,
    TypeInput,
    Watch,
    Welcome,
)
from eqxviz.records.codec import MAGIC, PREFIX
from eqxviz.records.wire import receive, send
from eqxviz.store import RunStore
from tests.jobs import Job

from .conftest import Client, wait_until

JOB = """
    import sys, time
    import jax, jax.numpy as jnp
    import eqxviz

    eqxviz.capture("digits")

    @jax.jit
    def step(weights, x):
        return weights - 0.01 * x, (weights * x).sum()

    weights = jnp.ones(4)
    for i in range(int(sys.argv[1])):
        weights, loss = step(weights, jnp.ones(4))
        time.sleep(0.005)
    print("trained", float(loss))
    sys.exit(3)
"""


class WatchedJob(Job):
    """A job with connections that watch it."""

    def __init__(self, place: Path, text: str, *argv: str, **environment: str) -> None:
        super().__init__(place, text, *argv, **environment)
        self._clients: list[Client] = []

    def connect(self) -> Client:
        """Return a connection that watches it, closed with it."""
        client = Client(*self.meeting())
        self._clients.append(client)
        client.tell(Watch(0))
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        super().close()


Start = Callable[..., WatchedJob]


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Start]:
    """Start a job that is given as text."""
    jobs: list[WatchedJob] = []

    def start(text: str, *argv: str, **environment: str) -> WatchedJob:
        jobs.append(WatchedJob(tmp_path / f"job{len(jobs)}", text, *argv, **environment))
        return jobs[-1]

    yield start
    for each in jobs:
        each.close()


def test_a_job_tells_its_curves_and_keeps_its_own_output_and_exit_code(job: Start):
    started = job(JOB, "200")
    client = started.connect()
    assert isinstance(client.welcome, Welcome)
    assert (client.welcome.is_captured, client.welcome.name) == (True, "digits")
    client.until(lambda event: isinstance(event, CompileEvent))
    code, out, err = started.end()
    assert code == 3
    assert out.startswith("trained ")
    assert err.strip() == f"eqxviz: watch this process with `eqxviz attach {started.process.pid}`"
    assert client.until_end().state is RunState.FINISHED
    batches = client.of(MetricBatch)
    assert [s.name for batch in batches for s in batch.new_series] == ["loss"]
    assert sum(len(batch.series) for batch in batches) == 200
    with RunStore.open(started.folder) as store:
        assert store.n_points() == 200


def test_a_job_is_held_stepped_looked_into_and_goes_on_when_its_last_window_is_killed(job: Start):
    started = job(JOB, "300")
    client = started.connect()
    client.until(lambda event: isinstance(event, MetricBatch))
    assert client.ask(Control(GateCommand.PAUSE)) == Done()
    paused = client.until_state(RunState.PAUSED)
    opened = client.ask(OpenModel("", "weights"))
    assert isinstance(opened, OpenedModel)
    client.ask(Control(GateCommand.STEP))
    assert client.until_state(RunState.PAUSED).step == paused.step + 1
    client.close()
    assert started.end()[0] == 3


def test_a_held_job_waits_while_any_window_is_there(job: Start):
    started = job(JOB, "300")
    first, second = started.connect(), started.connect()
    first.until(lambda event: isinstance(event, MetricBatch))
    first.ask(Control(GateCommand.PAUSE))
    first.until_state(RunState.PAUSED)
    second.until_state(RunState.PAUSED)
    first.close()
    assert isinstance(second.ask(OpenModel("", "weights")), OpenedModel)
    second.close()
    assert started.end()[0] == 3


def test_a_job_is_neither_stopped_nor_typed_to(job: Start):
    started = job(JOB, "100")
    client = started.connect()
    for request, code in (
        (Control(GateCommand.STOP), "not-ended"),
        (TypeInput("x\n"), "own-input"),
    ):
        answer = client.ask(request)
        assert isinstance(answer, Problem)
        assert answer.code == code
    assert started.end()[0] == 3


def test_a_job_that_raises_fails_with_its_line_and_its_own_traceback(job: Start):
    started = job("import eqxviz\neqxviz.capture(quiet=True)\ninput()\nraise ValueError('no')\n")
    client = started.connect()
    started.process.stdin.write("\n")
    started.process.stdin.flush()
    code, _, err = started.end()
    assert code == 1
    assert err.endswith("ValueError: no\n")
    assert "eqxviz" not in err
    assert client.until_end().state is RunState.FAILED
    (card,) = client.of(Problem)
    assert (card.code, card.line) == ("script-raised", 4)


@pytest.mark.full
def test_what_a_job_raises_is_explained_beside_it(job: Start):
    started = job(
        """
        import eqxviz
        eqxviz.capture(quiet=True)
        import jax, jax.numpy as jnp
        input()
        jax.vmap(jnp.add)(jnp.ones(3), jnp.ones(4))
        """
    )
    client = started.connect()
    started.process.stdin.write("\n")
    started.process.stdin.flush()
    assert started.end()[0] == 1
    client.until_end()
    assert [card.code for card in client.of(Problem)] == ["script-raised", "EQX117"]


def test_points_of_the_last_moments_are_kept_though_jax_is_imported_after_capture(job: Start):
    started = job(
        """
        import eqxviz
        eqxviz.capture(quiet=True)
        import jax
        step = jax.jit(lambda x: x + 1)
        for i in range(5):
            loss = step(float(i))
        """
    )
    assert started.end() == (0, "", "")
    with RunStore.open(started.folder) as store:
        assert store.n_points() == 5


EARLIER = """
    from functools import partial
    import jax, jax.numpy as jnp
    from jax import jit

    @jax.jit
    def of_module(x):
        return x + 1.0

    class Trainer:
        of_class = jax.jit(lambda self, x: x + 2.0)

        @staticmethod
        @partial(jax.jit, static_argnums=1)
        def of_static(x, n):
            return x + n

        def __init__(self):
            self.of_instance = jax.jit(lambda x: x + 4.0)

        __hash__ = object.__hash__

    jax.tree_util.register_static(Trainer)
    trainer = Trainer()
    functions = {"of_dict": jax.jit(lambda x: x + 5.0)}

    def hide():
        @jax.jit
        def of_closure(x):
            return x + 6.0

        return lambda x: of_closure(x)

    hidden = hide()

    import eqxviz
    eqxviz.capture(quiet=True)

    @jit
    def of_name(x):
        return x + 7.0

    a = of_module(1.0)
    b = trainer.of_class(1.0)
    c = Trainer.of_static(1.0, 3)
    d = trainer.of_instance(1.0)
    e = functions["of_dict"](1.0)
    f = hidden(1.0)
    g = of_name(1.0)
    print(*map(float, (a, b, c, d, e, f, g)))
"""


def test_functions_jitted_before_are_seen_and_the_rest_is_told(job: Start):
    started = job(EARLIER)
    code, out, err = started.end()
    assert (code, out, err) == (0, "2.0 3.0 4.0 5.0 6.0 7.0 8.0\n", "")
    with RunStore.open(started.folder) as store:
        names = {s.name for batch in store.metrics() for s in batch.new_series}
        (note,) = store.records_of(Problem)
        functions = list(store.records_of(FunctionSeen))
    assert names == {"a", "b", "c", "d", "e", "g"}
    assert all(function.is_user for function in functions)
    assert note.code == "jitted-earlier"
    assert "hide.of_closure" in note.why
    assert note.title.startswith("1 function was")


def test_a_fork_leaves_the_parent_observed_and_the_child_alone(job: Start):
    started = job(
        """
        import os, warnings
        warnings.simplefilter("ignore")
        import eqxviz
        eqxviz.capture(quiet=True)
        import jax
        step = jax.jit(lambda x: x + 1)
        loss = step(1.0)
        child = os.fork()
        if not child:
            raise SystemExit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        loss = step(2.0)
        """
    )
    client = started.connect()
    assert started.end() == (0, "", "")
    assert client.until_end().state is RunState.FINISHED
    with RunStore.open(started.folder) as store:
        assert store.n_points() == 2


PORT = """
    import time
    import jax
    import eqxviz

    eqxviz.capture(port=0)

    step = jax.jit(lambda x: x + 1)
    for i in range(400):
        loss = step(float(i))
        time.sleep(0.005)
"""


def test_a_port_admits_who_has_the_token_and_refuses_others_late(job: Start):
    started = job(PORT)
    port, token = started.port_and_token()
    for wrong in ("", "x" * 64):
        before = time.monotonic()
        answer = greet(Address("localhost", port, wrong))
        assert time.monotonic() - before >= 1.0
        assert isinstance(answer, Problem)
        assert answer.code == "wrong-token"
    answer = greet(Address("localhost", port, token))
    assert isinstance(answer, Welcome)
    assert answer.pid == started.process.pid
    assert started.end()[0] == 0


def test_who_falls_silent_at_a_port_is_taken_for_dead(job: Start, monkeypatch):
    quick = PORT.replace("import eqxviz\n", QUICK)
    started = job(quick)
    port, token = started.port_and_token()
    with socket.create_connection(("127.0.0.1", port)) as sock:
        send(sock, Hello(token), 0)
        assert isinstance(receive(sock).record, Welcome)
        for _ in range(6):
            send(sock, Ping(), 1)
            assert receive(sock).record == Done()
            time.sleep(0.1)
        send(sock, Control(GateCommand.PAUSE), 2)
        assert receive(sock).record == Done()
        # No more is said, as when a tunnel is gone: the call goes on.
        assert started.end()[0] == 0


QUICK = """import eqxviz
    from eqxviz.worker import listening
    listening.SILENT_SECONDS = 0.4
"""


def test_a_port_closes_on_what_is_no_frame_and_on_a_crowd(job: Start):
    started = job(PORT)
    port, token = started.port_and_token()
    with socket.create_connection(("127.0.0.1", port)) as web:
        web.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = receive(web)
        assert isinstance(answer.record, Problem)
        assert receive(web) is None
    with socket.create_connection(("127.0.0.1", port)) as huge:
        huge.sendall(PREFIX.pack(MAGIC, 1 << 20, 1 << 30))
        assert isinstance(receive(huge).record, Problem)
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(16)]
    with socket.create_connection(("127.0.0.1", port)) as one_more:
        one_more.settimeout(5.0)
        assert one_more.recv(1) == b""
    for each in crowd:
        each.close()
    wait_until(lambda: isinstance(greet(Address("localhost", port, token)), Welcome))
    assert started.end()[0] == 0


def test_a_port_is_not_to_be_had_from_other_machines(job: Start):
    started = job(PORT)
    port, _ = started.port_and_token()
    with open("/proc/net/tcp") as table:
        rows = [row.split()[1] for row in table.readlines()[1:] if row.split()[3] == "0A"]
    assert [row for row in rows if row.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_under_a_run_capture_does_nothing(run):
    started = run("import eqxviz\neqxviz.capture()\nprint('there')\n")
    assert started.client.until_end().state is RunState.FINISHED
    assert started.output == "there\n"


def test_what_cannot_be_observed_is_told_and_the_job_goes_on(job: Start):
    text = "import eqxviz\neqxviz.capture(port=99999, quiet=True)\nprint('there')\n"
    code, out, err = job(text).end()
    assert (code, out) == (0, "there\n")
    assert err.startswith("eqxviz: cannot listen on port 99999 of this machine: ")
    assert err.endswith("This process is met on its own machine only\n")
    text = "import eqxviz\neqxviz.capture(folder='/proc/none')\nprint('there')\n"
    code, out, err = job(text).end()
    assert (code, out) == (0, "there\n")
    assert err.startswith("eqxviz: this process is not observed: ")


def test_objects_that_do_not_like_to_be_looked_into_cost_nothing_else(job: Start):
    started = job(
        """
        import enum, jax
        import eqxviz

        class Kind(enum.Enum):
            STEP = jax.jit(lambda x: x)

        class Odd:
            def __getattribute__(self, name):
                raise RuntimeError("no")

        odd = Odd()
        eqxviz.capture(quiet=True)
        step = jax.jit(lambda x: x + 1)
        loss = step(1.0)
        """
    )
    assert started.end() == (0, "", "")
    with RunStore.open(started.folder) as store:
        assert store.n_points() == 1


def test_a_session_at_a_prompt_goes_on_after_an_error_and_names_the_curves_of_its_cells(job: Start):
    # As IPython does it: each cell is compiled on its own, with its text in linecache.
    started = job(
        """
        import code, linecache, sys
        sys.ps1 = ">>> "
        shell = code.InteractiveInterpreter(vars(sys.modules["__main__"]))

        def run_cell(number, text):
            name = f"<ipython-input-{number}-0>"
            linecache.cache[name] = (len(text), None, text.splitlines(True), name)
            shell.runcode(compile(text, name, "exec"))

        run_cell(1, "import eqxviz; eqxviz.capture(quiet=True)")
        run_cell(2, "import jax\\n@jax.jit\\ndef step(x): return {'loss': x * 2}")
        run_cell(3, "for i in range(3):\\n    metrics = step(float(i))")
        run_cell(4, "1 / 0")
        run_cell(5, "another = step(5.0)")
        """
    )
    client = started.connect()
    code, _, err = started.end()
    assert code == 0
    assert "ZeroDivisionError" in err
    assert client.until_end().state is RunState.FINISHED
    names = [s.name for batch in client.of(MetricBatch) for s in batch.new_series]
    assert names == ['metrics["loss"]', 'another["loss"]']


def test_a_job_that_is_killed_leaves_what_it_told(job: Start):
    started = job(JOB, "100000")
    client = started.connect()
    client.until(lambda event: isinstance(event, MetricBatch))
    started.process.send_signal(signal.SIGKILL)
    started.end()
    with RunStore.open(started.folder) as store:
        assert store.n_points() >= len(client.of(MetricBatch)[0].series)


def test_a_paused_job_can_be_interrupted_where_it_was_started(job: Start):
    started = job(JOB, "300")
    client = started.connect()
    client.until(lambda event: isinstance(event, MetricBatch))
    client.ask(Control(GateCommand.PAUSE))
    client.until_state(RunState.PAUSED)
    time.sleep(0.1)
    started.process.send_signal(signal.SIGINT)
    code, _, err = started.end()
    assert code == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert client.until_end().state is RunState.STOPPED
