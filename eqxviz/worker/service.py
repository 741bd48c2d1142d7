"""The worker's ear: sockets that any window which has the token may connect to.

Each connection has a thread that reads requests and one that writes answers and events, so that a
window that is slow or dead keeps nobody waiting.
"""

import contextlib
import hmac
import socket
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from eqxviz.engine.remote import set_up
from eqxviz.records import (
    Cancel,
    CodecError,
    Done,
    Hello,
    Leave,
    Ping,
    Problem,
    Record,
    Severity,
    Watch,
    Welcome,
)
from eqxviz.records.wire import receive, send
from eqxviz.store import StoreError
from eqxviz.worker import listening
from eqxviz.worker.journal import Cursor, Journal


class Answer:
    """What a request of `asker` is answered with: call it with the record, once.

    When the window cancels the request, or is gone, `is_cancelled` says so and nothing is sent.
    """

    def __init__(self, send: Callable[[Record], None], asker: object) -> None:
        self.asker = asker
        self._send = send
        self._is_cancelled = False

    def __call__(self, record: Record) -> None:
        """Send `record`, unless nobody waits for it any more."""
        self._send(record)

    def cancel(self) -> None:
        """The answer is no longer wanted."""
        self._is_cancelled = True

    def is_cancelled(self) -> bool:
        """Whether the answer is no longer wanted."""
        return self._is_cancelled


Handler = Callable[[Record, Answer], None]

ABANDONED_SECONDS = 30.0


class Service:
    """Listens on `path`, and on `port`, a socket of `listen_on`. `handle(request, answer)` is
    called in a thread of the connection.

    `left_alone` is called when the last connection is over, and told whether that has said that
    it leaves; `abandoned` whenever there was none for half a minute.
    """

    def __init__(
        self,
        path: Path,
        token: str,
        welcome: Welcome,
        handle: Handler,
        abandoned: Callable[[], None],
        journal: Journal | None = None,
        left_alone: Callable[[bool], None] = lambda on_purpose: None,
        port: socket.socket | None = None,
    ) -> None:
        self.welcome = welcome
        self.handle = handle
        self.journal = journal
        self._path = path
        self._token = token
        self._abandoned = abandoned
        self._left_alone = left_alone
        self.strangers = listening.Strangers()
        self._lock = threading.Lock()
        self._connections: list[_Connection] = []
        self._timer: threading.Timer | None = None
        self.was_watched = threading.Event()  # somebody has asked for all that is told
        self._port = port
        self._socket = listening.listen_at(path)

    def start(self) -> None:
        """Accept connections from now on."""
        self._wait_for_someone()
        for each in filter(None, (self._socket, self._port)):
            threading.Thread(
                target=self._accept, args=(each,), name="eqxviz-accept", daemon=True
            ).start()

    def admits(self, hello: Record) -> bool:
        """Whether the first record of a connection carries the token."""
        return isinstance(hello, Hello) and hmac.compare_digest(
            hello.token.encode(), self._token.encode()
        )

    def close(self) -> None:
        """Take the socket away, and let every connection write what it still has to."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        for each in filter(None, (self._socket, self._port)):
            listening.stop_listening(each)
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.finish()

    def forget(self) -> None:
        """Close the file descriptors in a child after a fork; the parent's go on."""
        for each in filter(None, (self._socket, self._port)):
            each.close()
        for connection in self._connections:
            connection.sock.close()

    def is_met(self) -> bool:
        """Whether somebody who has the token is connected."""
        with self._lock:
            return any(connection.is_known for connection in self._connections)

    def descriptors(self) -> tuple[int, ...]:
        """Return the file descriptors of its sockets."""
        with self._lock:
            sockets = [self._socket, *(each.sock for each in self._connections)]
        return tuple(found.fileno() for found in sockets)

    def tell(self, event: Record) -> None:
        """Send `event` to everyone who is connected."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.tell(event)

    def left(self, connection: "_Connection") -> None:
        """Called when `connection` is over."""
        with self._lock:
            if connection in self._connections:
                self._connections.remove(connection)
            rest = list(self._connections)
        if connection.is_known and not any(other.is_known for other in rest):
            self._left_alone(connection.has_left)
        if not rest:
            self._wait_for_someone()

    def _accept(self, door: socket.socket) -> None:
        is_port = door is self._port
        while True:
            try:
                sock, _ = door.accept()
            except OSError:
                return  # closed
            if is_port and not self.strangers.come():
                sock.close()
                continue
            connection = _Connection(sock, self, is_stranger=is_port)
            with self._lock:
                self._connections.append(connection)
                if self._timer is not None:
                    self._timer.cancel()
                connection.start()  # within the lock: whoever finds it there may finish it

    def _wait_for_someone(self) -> None:
        self._timer = threading.Timer(ABANDONED_SECONDS, self._on_nobody)
        self._timer.name, self._timer.daemon = "eqxviz-abandoned", True
        self._timer.start()

    def _on_nobody(self) -> None:
        self._abandoned()
        with self._lock:
            if not self._connections:
                self._wait_for_someone()


class _Connection:
    """One window, from `Hello` to the end of its socket."""

    def __init__(self, sock: socket.socket, service: Service, *, is_stranger: bool) -> None:
        self.sock = sock
        self.is_known = False  # has the token
        self.has_left = False  # has said so
        self._has_asked = False
        self._is_stranger = is_stranger  # came by the port
        self._service = service
        self._changed = threading.Condition()
        self._outbox: deque[tuple[int, Record]] = deque()
        self._watch: tuple[int, Cursor] | None = None  # request to be answered, and how far
        self._is_news = False
        self._is_over = False
        self._answers: dict[int, Answer] = {}  # those that are due
        self._reader = threading.Thread(target=self._read, name="eqxviz-reader", daemon=True)
        self._writer = threading.Thread(target=self._write, name="eqxviz-writer", daemon=True)

    def start(self) -> None:
        """Read and write from now on."""
        self._reader.start()
        self._writer.start()

    def finish(self) -> None:
        """Write what there is, as long as the other side takes it within two seconds; then end."""
        self._end()
        self._writer.join(2.0)

    def tell(self, event: Record) -> None:
        """Write `event` when its turn comes."""
        self._put(-1, event)

    def _read(self) -> None:
        try:
            if not self._is_admitted():
                return
            while (message := receive(self.sock)) is not None:
                if isinstance(message.record, Cancel):
                    self._cancel(message.record.request)
                elif isinstance(message.record, Ping):
                    self._put(message.request, Done())
                elif isinstance(message.record, Watch):
                    self._follow(message.request, message.record)
                elif isinstance(message.record, Leave):
                    self.has_left = self._has_asked  # who only watches leaves nothing as it is
                else:
                    self._has_asked = True
                    self._service.handle(message.record, self._answer(message.request))
        except CodecError as error:
            self._put(-1, _not_understood(error))
        except OSError:
            pass  # the other side is gone
        finally:
            self._end()

    def _is_admitted(self) -> bool:
        """Whether the first frame is the one of somebody who has the token."""
        is_stranger = self._is_stranger
        try:
            if is_stranger:
                set_up(self.sock)
                self.sock.settimeout(listening.HELLO_SECONDS)
            first = receive(self.sock, listening.MOST_HELLO_BYTES)
            if is_stranger:
                self.sock.settimeout(listening.SILENT_SECONDS)
            if first is None:
                return False
            if not self._service.admits(first.record):
                if is_stranger:
                    self._service.strangers.refuse()
                self._put(first.request, _refused())
                return False
        finally:
            if is_stranger:
                self._service.strangers.go()
        self.is_known = True
        self._put(first.request, self._service.welcome)
        return True

    def _answer(self, request: int) -> Answer:
        answer = Answer(lambda record: self._put_answer(request, record), self)
        with self._changed:
            self._answers[request] = answer
        return answer

    def _put_answer(self, request: int, record: Record) -> None:
        with self._changed:
            due = self._answers.pop(request, None)
        if due is not None:
            self._put(request, record)

    def _cancel(self, request: int) -> None:
        with self._changed:
            answer = self._answers.pop(request, None)
        if answer is not None:
            answer.cancel()

    def _put(self, request: int, record: Record) -> None:
        with self._changed:
            self._outbox.append((request, record))
            self._changed.notify()

    def _follow(self, request: int, watch: Watch) -> None:
        journal = self._service.journal
        if journal is None:
            self._put(request, Done())
            return
        with self._changed:
            self._watch = request, Cursor(watch.first_sequence, watch.n_records)
            self._is_news = True
            self._changed.notify()
        self._service.was_watched.set()
        journal.listen(self._on_news)

    def _on_news(self) -> None:
        with self._changed:
            self._is_news = True
            self._changed.notify()

    def _end(self) -> None:
        with self._changed:
            self._is_over = True
            answers, self._answers = list(self._answers.values()), {}
            self._changed.notify()
        for answer in answers:
            answer.cancel()

    def _write(self) -> None:
        try:
            while self._write_some():
                pass
        except OSError:
            pass  # the other side is gone
        finally:
            if self._service.journal is not None:
                self._service.journal.unlisten(self._on_news)
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
            self._reader.join()  # what it said last may still be there to be read
            self.sock.close()
            self._service.left(self)

    def _write_some(self) -> bool:
        """Write what is due, waiting for something; False when the connection is over."""
        with self._changed:
            while not (self._outbox or self._is_news or self._is_over):
                self._changed.wait()
            outbox, self._outbox = self._outbox, deque()
            watch, is_news, self._is_news = self._watch, self._is_news, False
            is_over = self._is_over
        # First: what is told after an answer is newer than that.
        if watch is not None and is_news:
            self._send_news(*watch)
        for request, record in outbox:
            send(self.sock, record, request)
        return not is_over

    def _send_news(self, request: int, cursor: Cursor) -> None:
        journal = self._service.journal
        assert journal is not None
        try:
            for record in journal.after(cursor):
                send(self.sock, record)
        except StoreError as error:
            send(self.sock, _unreadable(error), request)
            request = -1
        if request >= 0:
            send(self.sock, Done(), request)
        with self._changed:
            if self._watch is not None and self._watch[1] is cursor:
                self._watch = -1, cursor


def _refused() -> Problem:
    return Problem(
        "refused",
        Severity.ERROR,
        "The worker refused the connection",
        "Its first frame was no Hello with the token of the worker's token file.",
        "Connect with the token that stands in that file.",
    )


def _not_understood(error: CodecError) -> Problem:
    return Problem(
        "not-understood",
        Severity.ERROR,
        "The worker cannot read what it was sent",
        str(error),
        "Start the window and the worker from the same eqxviz.",
    )


def _unreadable(error: StoreError) -> Problem:
    return Problem(
        "store-failed", Severity.ERROR, "The past of the run cannot be read", str(error),
        "What happens from now on is shown.",
    )  # fmt: skip
