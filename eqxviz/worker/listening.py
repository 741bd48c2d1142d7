"""The sockets on which a worker is met: one of this user's alone, and a port if one is wanted."""

import contextlib
import os
import socket
import threading
import time
from pathlib import Path

# A token cannot be guessed; who tries gets one answer a second, and few are heard at a time.
REFUSAL_SECONDS = 1.0
HELLO_SECONDS = 10.0
MOST_HELLO_BYTES = 1 << 16
# Who came by the port asks every 10 s whether it is heard; else it is taken for dead.
SILENT_SECONDS = 45.0
_MOST_STRANGERS = 16


class Strangers:
    """Who has connected to the port and has not shown the token yet. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusing = threading.Lock()
        self._n = 0

    def come(self) -> bool:
        """One more; False if there are too many already."""
        with self._lock:
            if self._n >= _MOST_STRANGERS:
                return False
            self._n += 1
            return True

    def go(self) -> None:
        """One of them is known now, or gone."""
        with self._lock:
            self._n -= 1

    def refuse(self) -> None:
        """Wait until one of them may be told that its token is wrong."""
        with self._refusing:
            time.sleep(REFUSAL_SECONDS)


def listen_at(path: Path) -> socket.socket:
    """Return a socket that only this user can connect to.

    Raises:
        OSError: If the path is too long for a socket, or its folder cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # It gets its name when it listens: who finds it can connect.
    nameless = path.with_name(f".{os.getpid()}")
    nameless.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listening.bind(str(nameless))
        listening.listen()
        nameless.rename(path)
    except OSError as error:
        listening.close()
        raise OSError(f"cannot listen on {path} ({len(str(path))} bytes): {error}") from error
    finally:
        os.umask(mask)
    return listening


def listen_on(port: int) -> socket.socket:
    """Return a socket that this machine alone can connect to, at any free port for 0.

    Raises:
        OSError: If the port is taken, or is none.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        raise OSError(
            f"cannot listen on port {port} of this machine: {error}. Give another one, or 0 for "
            "any that is free"
        ) from error
    return listening


def stop_listening(listening: socket.socket) -> None:
    """Close a socket, and wake the thread that waits for someone to connect to it."""
    with contextlib.suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)
    listening.close()
