"""Processes as POSIX has them: everything that asks the operating system is here."""

import contextlib
import os
import resource
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from eqxviz.records import Record

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Process:
    """A process in a group of its own, which may have been started by another window.

    One that is not `ours` is only looked at: it is never sent a signal.
    """

    comes_back = False
    ping_seconds = None

    def __init__(
        self,
        pid: int,
        child: "subprocess.Popen[bytes] | None" = None,
        *,
        ours: bool = True,
    ) -> None:
        self.pid = pid
        self._is_ours = ours
        self.stamp = stamp(pid)
        self._child = child
        self._leads_group = True
        with contextlib.suppress(OSError):
            # One in the foreground of a terminal shares its group with who started it.
            self._leads_group = os.getpgid(pid) == pid
        # Readable once the process has ended; where there is none, only its socket tells.
        self._end_fd = -1
        with contextlib.suppress(OSError, AttributeError):
            self._end_fd = os.pidfd_open(pid)

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        if self._child is not None:
            return self._child.poll() is None
        return bool(self.stamp) and stamp(self.pid) == self.stamp

    def wait(self, timeout_seconds: float) -> int | None:
        """Return its exit code as `subprocess` gives it, waiting for its end if need be.

        None if it goes on, or if it is no child of this process, whose code nobody here can know.
        """
        if self._child is not None:
            try:
                return self._child.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                return None
        deadline = time.monotonic() + timeout_seconds
        while self.is_alive and time.monotonic() < deadline:
            time.sleep(0.01)
        return None

    def signal(self, signal_number: int) -> None:
        """Send a signal to the process alone."""
        self._send(os.kill, signal_number)

    def signal_group(self, signal_number: int) -> None:
        """Send a signal to the process, and to all that it started if it has a group of its own."""
        self._send(os.killpg if self._leads_group else os.kill, signal_number)

    def _send(self, send: Callable[[int, int], None], signal_number: int) -> None:
        if not self._is_ours or (self._child is None and not self.is_alive):
            return  # the number may be another process's by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(self.pid, signal_number)

    def first_request(self) -> "Record | None":
        """Return what is asked at the beginning of each connection: nothing by itself."""
        return None

    def why_not(self, greeting: "Record") -> str:
        """Return why whoever greets so is not the one that is meant: it is."""
        return ""

    def await_data(self, sock: socket.socket) -> bool:
        """Wait until `sock` can be read, or the process ended with nothing left to read: False."""
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        if self._end_fd >= 0:
            poll.register(self._end_fd, select.POLLIN)
        return any(fd == sock.fileno() for fd, _ in poll.poll())

    def close(self) -> None:
        """Give back what watching it took; the process itself may go on."""
        if self._child is not None and self._child.poll() is None:
            self._child.returncode = 0  # left on purpose: nothing for its destructor to warn of
        if self._end_fd >= 0:
            os.close(self._end_fd)
            self._end_fd = -1


class Streams(NamedTuple):
    """The standard streams of a process, as file descriptors. It reads where it is started from."""

    stdin: int
    stdout: int
    stderr: int
    is_foreground: bool  # it stays in this process's group, and so may read from its terminal
    # What it needs to read on itself what it writes when this process is killed: a pipe that ends
    # then, and the other ends of stdout and stderr, or of both in one.
    bequest: tuple[int, ...]


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    output: Path,
    *,
    in_background: bool = False,
    folder: Path | None = None,
    streams: Streams | None = None,
) -> Process:
    """Start `command` in a session of its own, both its streams appended to the file `output`.

    It begins with SIGINT blocked.

    With `streams` it reads and writes there instead, in this session; all but what it reads from
    is its own from then on, and closed here. With `in_background` the
    scheduler lets what is waiting for the user go first. `folder` is its working directory.
    """
    with open(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as stream:
        # It hears of an interrupt when it unblocks it: Python fails where one meets its own start.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            child = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL if streams is None else streams.stdin,
                stdout=stream if streams is None else streams.stdout,
                stderr=stream if streams is None else streams.stderr,
                start_new_session=streams is None,
                process_group=0 if streams is not None and not streams.is_foreground else None,
                pass_fds=() if streams is None else streams.bequest,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    for given in () if streams is None else (streams.stdout, streams.stderr, *streams.bequest):
        os.close(given)
    with contextlib.suppress(OSError, AttributeError):  # where there is no such thing, do without
        if in_background:
            os.sched_setscheduler(child.pid, os.SCHED_BATCH, os.sched_param(0))
            # It may be told to abort; that is no reason to write all its memory to disk.
            resource.prlimit(child.pid, resource.RLIMIT_CORE, (0, 0))
    return Process(child.pid, child)


def stamp(pid: int) -> str:
    """Return a text that no other process ever shares, even under the same id; "" if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else f"{_BOOT_ID.read_text().strip()}/{fields[19]}"
    except OSError:
        pass
    if os.path.isdir("/proc/self"):
        return ""
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


def is_listened_to(path: Path) -> bool:
    """Return whether somebody accepts connections at the socket `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.connect(str(path))
        except OSError:
            return False
        return True


def describe_exit(code: int | None) -> str:
    """Return how a process ended, in words: "segmentation fault (SIGSEGV)", "exit code 3"."""
    if code is None:
        return "for a reason that is not known"
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
    words = (signal.strsignal(-code) or name).lower()
    return f"{words} ({name})"


def private_folder(path: Path) -> Path:
    """Return `path`, made a folder that only this user can enter.

    Raises:
        PermissionError: If it belongs to someone else.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    if found.st_uid != os.getuid():
        raise PermissionError(
            f"{path} belongs to user {found.st_uid}; eqxviz keeps its sockets only in a folder of "
            "its own user. Remove it, or set XDG_RUNTIME_DIR to a folder of yours"
        )
    if found.st_mode & 0o077:
        path.chmod(0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` in one step, readable by this user alone."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)
    os.replace(fresh, path)
