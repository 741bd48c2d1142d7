"""Attaching to a process behind a port: asked who it is, then watched, and found again."""

from typing import TYPE_CHECKING, Literal

from psygnal import Signal

if TYPE_CHECKING:
    from eqxviz.engine.remote import Address
    from eqxviz.records import Problem, Welcome
    from eqxviz.session.running import RunPart

AttachState = Literal["idle", "asking", "failed"]


class Attaching:
    """What is being attached to, and whether the connection stands.

    Signals:
        changed: `state`, `problem` or `is_lost` is another.
        attached: The process answered as it should, and is watched.
    """

    changed = Signal()
    attached = Signal()

    def __init__(self, session: "RunPart") -> None:
        self._session = session
        self._n = 0  # attempts; the answer to one before the latest is dropped
        self._lost: Problem | None = None
        self.state: AttachState = "idle"
        self.problem: Problem | None = None  # why the latest attempt failed

    @property
    def is_lost(self) -> bool:
        """Whether the connection to the run is lost, and tried again."""
        return self._lost is not None

    def ask(self, where: str, token: str) -> None:
        """Attach to what listens at `where`, "HOST:PORT", and wants `token`."""
        from eqxviz.engine.remote import Address, ask_who

        self._n += 1
        attempt = self._n
        try:
            address = Address.of(where, token)
        except ValueError as error:
            self._fail(_no_address(where, str(error)))
            return
        self._become("asking", None)

        def answered(answer: "Welcome | Problem") -> None:
            if attempt == self._n:
                self._on_answer(address, answer)

        ask_who(self._session.engine.post, address, answered)

    def forget(self) -> None:
        """Await no answer, and show no problem."""
        self._n += 1
        self._become("idle", None)

    def _on_answer(self, address: "Address", answer: "Welcome | Problem") -> None:
        from eqxviz.records import Problem

        if isinstance(answer, Problem):
            self._fail(answer)
            return
        from eqxviz.session.attaching.mirror import Mirror

        engine = self._session.engine
        folder = engine.copy_folder(answer)
        mirror = Mirror(folder, answer.script, answer.python, answer.name)
        self._session.attach_remote(address, answer, mirror, self._on_link)
        self._become("idle", None)
        self.attached.emit()

    def _on_link(self, is_there: bool) -> None:
        session = self._session
        if is_there and self._lost is not None:
            session.dismiss(self._lost)
            self._lost = None
            self.changed.emit()
        elif not is_there and self._lost is None:
            from eqxviz.engine.remote import link_lost

            self._lost = link_lost()
            session.report(self._lost)
            self.changed.emit()

    def _fail(self, problem: "Problem") -> None:
        self._become("failed", problem)

    def _become(self, state: AttachState, problem: "Problem | None") -> None:
        self.state, self.problem = state, problem
        self.changed.emit()


def _no_address(where: str, why: str) -> "Problem":
    from eqxviz.records import Problem, Severity

    return Problem(
        "no-address",
        Severity.ERROR,
        f"{where!r} is no address" if where.strip() else "No address was given",
        why,
        "Write the host and the port, as capture() printed them: localhost:7007.",
    )
