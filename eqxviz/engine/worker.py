"""One worker process as it is seen from here: asked, watched, stopped."""

import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from eqxviz.engine.conversation import BACK_SECONDS, Conversation
from eqxviz.engine.peer import Peer, Way
from eqxviz.engine.stopping import Stoppable

if TYPE_CHECKING:
    from eqxviz.records import Problem, Record, RunStatus

Post = Callable[[Callable[[], None]], None]

_END_SECONDS = 1.0  # from hanging up to the end of a process that comes to its end


class Worker(Stoppable):
    """A worker process and the connection to it.

    Its methods and attributes belong to the thread that `post` runs things on; what it calls back
    (`answered`, `on_event`, `on_end`) is called there. `on_end(exit_code, why)` is called once,
    after the last event: `why` is "" for a process that ended, else what broke the connection.
    """

    def __init__(
        self,
        post: Post,
        place: Way,
        begin: Callable[[], Peer],
        on_event: "Callable[[Record], None]",
        on_end: "Callable[[Worker, int | None, str], Problem]",
        news_of: "Callable[[Record], Iterable[Record]] | None" = None,
        on_link: Callable[[bool], None] | None = None,
        *,
        may_hang_up: bool = False,
    ) -> None:
        super().__init__()
        self.place = place
        self.folder = place.folder
        self.pid = -1  # until it is started
        self.was_ready = False  # it answered once
        self.status: RunStatus | None = None  # the latest one of its run
        self._told_at = 0.0  # when that came
        self._is_saving = False
        self.exit_code: int | None = None  # once it is gone, if that is known
        self.has_hung_up = False  # and goes on: it may hang up without being ended
        self._may_hang_up = may_hang_up
        self._post, self._on_event, self._on_end = post, on_event, on_end
        self._news_of, self._on_link = news_of, on_link
        self._begin = begin
        self._conversation = Conversation(place, self._take)
        self._awaited: dict[int, Callable[[Record], None]] = {}
        self._gone: tuple[int | None, str] | None = None  # how it ended, until that is told
        self._problem: Problem | None = None  # that of its end, once it is gone
        threading.Thread(target=self._live, name="eqxviz-worker", daemon=True).start()

    def ask(self, request: "Record", answered: "Callable[[Record], None]") -> int:
        """Send `request`; `answered` is called with its answer, or with a Problem. Returns its id.

        Requests wait until the worker is up. One that dies answers all of them with a Problem.
        """
        request_id = self._conversation.send(request)
        self._awaited[request_id] = answered
        if self._problem is not None:
            self._post(self._end_awaited)
        return request_id

    def watch(self, first_sequence: int = 0) -> None:
        """Have all records of its run told, past and to come.

        Of the points of its curves, those before number `first_sequence` are known already.
        """
        from eqxviz.records import Watch

        self.ask(Watch(first_sequence), lambda answer: None)

    def cancel(self, request_id: int) -> None:
        """Await the answer of a request no longer; the worker stops working at it."""
        from eqxviz.records import Cancel

        if self._awaited.pop(request_id, None) is not None:
            self._conversation.send(Cancel(request_id))

    @property
    def has_finished(self) -> bool:
        """Whether its run has come to an end; the process may still be there."""
        return self.status is not None and self.status.state.is_end

    @property
    def is_saving(self) -> bool:
        """Whether it was writing a checkpoint when it was last heard."""
        return self._is_saving and not self._ended.is_set()

    def status_now(self) -> "RunStatus":
        """Return the status of its run, whose time goes on between what it tells."""
        from eqxviz.records import RunState, RunStatus

        last = self.status or RunStatus.at_start()
        if last.state not in (RunState.RUNNING, RunState.STOPPING) or self.status is None:
            return last
        elapsed = last.elapsed_seconds + time.monotonic() - self._told_at
        return replace(last, elapsed_seconds=elapsed)

    def detach(self) -> None:
        """Leave the process alone from now on, and hear nothing more of it."""
        self.alive = False
        self._conversation.leave()
        self._awaited.clear()

    def settle(self) -> None:
        """Have it told by now if it is gone: when nothing that was posted is called any more."""
        gone, self._gone = self._gone, None
        if gone is not None:
            self.alive, self.exit_code = False, gone[0]
            self._problem = self._on_end(self, *gone)
            self._end_awaited()

    # What follows runs on the worker's own thread, but for what it posts.

    def _live(self) -> None:
        try:
            process = self._begin()
        except OSError as error:
            self._end(None, f"the process could not be started: {error}")
            return
        self._process, self.pid = process, process.pid
        talk = self._conversation
        if not self.alive and not talk.is_left:  # told to go before it came
            process.signal_group(signal.SIGKILL)
        why = talk.hold(process)
        while not why and process.comes_back and not talk.is_left and not self.has_finished:
            talk.begin_anew()
            self._call(self._on_lost)
            time.sleep(BACK_SECONDS)
            why = talk.hold(process)
        if why:
            process.signal_group(signal.SIGKILL)
        elif self._may_hang_up:
            self._outlive(process)
        if not talk.is_left:
            _await_end(process)
        if self.is_stopping and not talk.is_left:
            process.signal_group(signal.SIGKILL)  # what it started, and which does not obey
        self._end(process.wait(0), why)
        process.close()

    def _outlive(self, process: Peer) -> None:
        """Wait for a process that has hung up, but goes on: it is a user's, and no end of ours."""
        process.wait(_END_SECONDS)
        if process.is_alive and self.alive and not self.has_finished:
            self._call(self._on_hung_up)
        # Also after its run: what the script left to be done at the very end may take long.
        while process.is_alive and self.alive and not (self.is_stopping and self.has_finished):
            process.wait(_END_SECONDS)

    def _take(self, request_id: int, record: "Record") -> None:
        from eqxviz.records import Checkpoints, RunStatus

        if isinstance(record, RunStatus):
            self.status, self._told_at = record, time.monotonic()
        elif isinstance(record, Checkpoints):
            self._is_saving = record.is_writing
        if request_id < 0:
            for news in (record,) if self._news_of is None else self._news_of(record):
                self._call(lambda news=news: self._on_event(news))
        elif request_id == 0:
            self._call(lambda: self._on_greeted(record))
        else:
            self._call(lambda: self._on_answer(request_id, record))

    def _end(self, code: int | None, why: str) -> None:
        self._gone = code, why
        self._has_ended()
        self._conversation.end()
        self._call(self.settle)

    def _call(self, callback: Callable[[], None]) -> None:
        if not self._conversation.is_left:
            self._post(callback)

    # What follows is posted to the owner's thread.

    def _on_greeted(self, answer: "Record") -> None:
        from eqxviz.records import Problem

        self.was_ready = True
        if isinstance(answer, Problem):
            self._on_event(answer)
        elif self._on_link is not None:
            self._on_link(True)

    def _on_lost(self) -> None:
        from eqxviz.engine.remote import connection_lost

        problem = connection_lost()
        awaited, self._awaited = self._awaited, {}
        for answered in awaited.values():
            answered(problem)
        if self._on_link is not None:
            self._on_link(False)

    def _on_hung_up(self) -> None:
        from eqxviz.engine.deaths import hung_up

        self.has_hung_up = True
        self._problem = hung_up()
        self._on_event(self._problem)
        self._end_awaited()

    def _on_answer(self, request_id: int, answer: "Record") -> None:
        answered = self._awaited.pop(request_id, None)
        if answered is not None:
            answered(answer)

    def _ask_to_stop(self) -> None:
        from eqxviz.records import Control, GateCommand

        if self.was_ready or (self._process is not None and self._process.comes_back):
            self.ask(Control(GateCommand.STOP), lambda answer: self._give_time())
        else:  # nobody hears that; its script may have begun all the same
            self.interrupt()

    def _end_awaited(self) -> None:
        problem = self._problem
        while problem is not None and self._awaited:
            _, answered = self._awaited.popitem()
            answered(problem)


def _await_end(process: Peer) -> None:
    """Wait for the end of a process that is no longer connected; one that stays is killed."""
    process.wait(_END_SECONDS)
    if process.is_alive:
        process.signal_group(signal.SIGKILL)
        process.wait(_END_SECONDS)
