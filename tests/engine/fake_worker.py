"""A worker that does what the name of the file it is asked to open says, and needs no JAX."""

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import replace

import numpy as np

from eqxviz.records import (
    Control,
    Done,
    Hello,
    MetricBatch,
    OpenModel,
    Problem,
    RunState,
    RunStatus,
    Series,
    Severity,
    Watch,
    Welcome,
)
from eqxviz.records.wire import Message, receive, send


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket")
    parser.add_argument("--token-file")
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--print-bytes", type=int, default=0)
    options = parser.parse_args()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(options.socket)
    listener.listen()
    if options.print_bytes:
        sys.stdout.write("x" * 99 + "\n" * (options.print_bytes % 100 or 1))
        for _ in range(options.print_bytes // 1_000_000):
            sys.stdout.write(("y" * 99 + "\n") * 10_000)
        sys.stdout.write("the last line\n")
        sys.stdout.flush()
    while True:
        sock = listener.accept()[0]
        with open(options.token_file) as stream:
            token = stream.read()
        # A window may go while it is being answered; the next one is served all the same.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while (message := receive(sock)) is not None:
                answer(sock, message, token, options.stubborn)


def answer(sock: socket.socket, message: Message, token: str, stubborn: bool) -> None:
    request, record = message
    if isinstance(record, Hello):
        assert record.token == token
        send(sock, Welcome(os.getpid(), sys.executable, "", ""), request)
    elif isinstance(record, Watch):
        send(sock, replace(RunStatus.at_start(), state=RunState.RUNNING))
        batch = MetricBatch(
            0,
            (Series(0, "loss", -1, "train.py", 3),),
            np.zeros(3, np.int32),
            np.arange(3, dtype=np.int64),
            np.arange(3.0),
            np.array([3.0, 2.0, 1.0]),
        )
        send(sock, batch)
        send(sock, Done(), request)
    elif isinstance(record, Control):
        send(sock, Done(), request)
        if stubborn:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        else:
            send(sock, RunStatus(RunState.STOPPED, 3, -1, 1.0, 1.0, "cpu:0", -1, "", 0, 130))
    elif isinstance(record, OpenModel):
        behave(sock, request, record.path)


def behave(sock: socket.socket, request: int, path: str) -> None:
    name = os.path.basename(path)
    if name == "segfault.py":
        thread = "Current thread 0x00007f00 (most recent call first):"
        frames = f'  File "/usr/lib/native.py", line 1 in call\n  File "{path}", line 7 in crash'
        print(f"Fatal Python error: Segmentation fault\n\n{thread}\n{frames}")
        sys.stdout.flush()
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)
    elif name == "leaves.py":
        os._exit(3)
    elif name == "hangs.py":
        threading.Event().wait()
    elif name == "garbage.py":
        sock.sendall(b"no frame at all, but long enough to be taken for a prefix")
        time.sleep(60)
    else:
        send(sock, Problem("not-a-model", Severity.ERROR, name, "why", "fix"), request)


if __name__ == "__main__":
    main()
