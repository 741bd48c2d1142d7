"""Connections to SQLite files, and errors that say what to do."""

import contextlib
import os
import sqlite3
from collections.abc import Generator
from pathlib import Path

_STILL = "ro&immutable=1"


class StoreError(Exception):
    """Raised when a run's store cannot be made, read or written; the text says which and why."""


@contextlib.contextmanager
def connected(path: Path, mode: str, busy_seconds: float) -> Generator[sqlite3.Connection]:
    """Give a connection, which is closed if an error is raised.

    `mode` is one of SQLite's: "rwc" makes the file, "rw" needs it, "ro" writes nothing.
    """
    with contextlib.ExitStack() as undo:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            timeout=busy_seconds,
            isolation_level="IMMEDIATE",
            check_same_thread=False,
        )
        undo.callback(connection.close)
        yield connection
        undo.pop_all()


def mode_to_read(path: Path) -> str:
    """Return how a file that another process may be writing is opened for reading.

    What is read beside a writer needs shared memory, which is a file in the same folder. Where that
    cannot be made, there is no writer of this user's either, and the file is read as it stands.
    """
    if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK):
        return "rw"
    return "ro" if _is_in_use(path) else _STILL


def mode_to_glance(path: Path) -> str:
    """Return how a file is opened to read a little of it, in half the time, and close it at once.

    One that no process has open is read as it stands, without asking whether somebody writes it.
    """
    return mode_to_read(path) if _is_in_use(path) else _STILL


def _is_in_use(path: Path) -> bool:
    """Whether a process has the file open, or left something beside it that belongs to it."""
    return any(os.path.exists(f"{path}{end}") for end in ("-wal", "-shm"))


def explained(path: Path, what: str, error: sqlite3.Error) -> StoreError:
    """Return the error in words that say what to do about `path`."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    advice = {
        sqlite3.SQLITE_FULL: "free some space on the disk",
        sqlite3.SQLITE_IOERR: "check the disk, and that the run's folder still exists",
        sqlite3.SQLITE_BUSY: "another process holds it locked; end that process",
        sqlite3.SQLITE_READONLY: "check the permissions of the folder",
        sqlite3.SQLITE_CANTOPEN: "check that the folder exists and can be written",
        sqlite3.SQLITE_ERROR: "it is no store of a run, or was cut off",
        sqlite3.SQLITE_CORRUPT: "the file is damaged; what can be read of it has been read",
        sqlite3.SQLITE_NOTADB: "the file is no SQLite database",
    }.get(code, "see the message")
    return StoreError(f"{path} {what}: {error}; {advice}")
