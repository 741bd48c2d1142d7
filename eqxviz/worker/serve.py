"""The worker that opens files: loads them, shows their models, traces their calls. It runs none."""

import os
import queue
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eqxviz.records import Problem, Record, Welcome
from eqxviz.worker import cancelling, cards
from eqxviz.worker.descriptors import Descriptors
from eqxviz.worker.service import Answer, Service

_Job = tuple[Record, Answer]


def serve(socket: Path, token: str) -> int:
    """Answer requests until nobody is connected any more; return the exit code."""
    jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()

    def handle(request: Record, answer: Answer) -> None:
        jobs.put((request, answer))

    # `os._exit`: the main thread may hang in the user's code.
    service = Service(
        socket, token, Welcome(os.getpid(), sys.executable, "", ""), handle, lambda: os._exit(0)
    )
    # The user's folders are not to be littered, nor stale code to be loaded.
    sys.dont_write_bytecode = True
    service.start()
    Descriptors(service.descriptors).hold()
    work = _opener()
    pid = os.getpid()
    while True:
        request, answer = jobs.get()
        if answer.is_cancelled():
            continue
        with cancelling.working(answer.is_cancelled):
            answered = work(request)
        if os.getpid() != pid:
            os._exit(0)  # a child that the user's file forked, and which came to the file's end
        answer(answered)


def _opener() -> Callable[[Record], Record]:
    """Return what answers a request. It imports JAX, which takes a second: ahead of the first."""
    try:
        import jax  # noqa: F401 - to see whether it is there
    except ImportError as error:
        return _always(
            cards.error(
                "missing-module",
                "JAX is not installed",
                f"{sys.executable} cannot import it: {error}",
                "Install it into this Python: pip install jax.",
            ).card
        )
    try:
        from eqxviz.analysis import compat

        compat.check_jax()
        from eqxviz.worker.opening import Opening
    except ImportError as error:
        return _always(
            cards.error(
                "jax-too-old",
                "This JAX does not fit eqxviz",
                str(error),
                "Install a newer one: pip install --upgrade jax.",
            ).card
        )
    return Opening().answer


def _always(card: Problem) -> Callable[[Any], Record]:
    return lambda request: card
