"""Holding a thread of the script at an exception that nothing in it catches."""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eqxviz.capturing import Capture, Gate, Held
from eqxviz.records import HaltKind, Problem, Record, Severity, StopKind

if TYPE_CHECKING:
    from eqxviz.capturing.observer import Observer

_OURS = "eqxviz-"  # so our own threads' names begin


class PostMortem:
    """Holds threads at exceptions while a stop asks for it and somebody is there to look.

    The exception takes its course when the thread is let go. What was told of it at the pause
    needs not be told again: see `has_told`.
    """

    def __init__(
        self,
        gate: Gate,
        capture: Capture,
        root: str,
        tell: Callable[[Sequence[Record]], None],
        is_watched: Callable[[], bool],
    ) -> None:
        self._gate = gate
        self._capture = capture
        self._root = root
        self._tell = tell
        self._is_watched = is_watched
        self._told: list[BaseException] = []
        self._process = os.getpid()
        self._before: Callable[[threading.ExceptHookArgs], Any] | None = None

    def watch_threads(self) -> None:
        """Meet from now on what ends a thread, too, and tell of it in any case."""
        self._before, threading.excepthook = threading.excepthook, self._on_thread

    def stop(self) -> None:
        """Put back what was before."""
        if self._before is not None and threading.excepthook == self._on_thread:
            threading.excepthook = self._before

    def has_told(self, error: BaseException) -> bool:
        """Whether the card of `error` was told when it was met."""
        return any(error is each for each in self._told)

    def meet(self, error: BaseException, cards: Callable[[], Iterable[Problem]]) -> None:
        """Hold this thread at `error`, which it will raise, if that is wanted. Never raises."""
        stop = next(iter(self._capture.stops.of(StopKind.EXCEPTION)), None)
        if stop is None or not self._is_to_be_met(error):
            return
        # Where the run is stopped it ends by this exception as well.
        with contextlib.suppress(KeyboardInterrupt):
            observer = self._observer() if self._is_watched() else None
            if observer is None:
                return
            held = self._told_of(error, cards, observer)
            if held is not None:
                with observer.muted():
                    self._gate.hold(held.met(stop, self._why(held, observer)))

    def _is_to_be_met(self, error: BaseException) -> bool:
        return (
            isinstance(error, Exception)
            and not self._gate.stop_wanted
            and os.getpid() == self._process
        )

    def _observer(self) -> Observer | None:
        """Return the observer, which comes with JAX; None where JAX cannot be imported."""
        if self._capture.observer is None:
            # What is left of the script are exit handlers and threads: it may be imported now. To
            # show what is in the frames takes it. Any error of it is none of the script's.
            with contextlib.suppress(Exception):
                importlib.import_module("jax")
        return self._capture.observer

    def _told_of(
        self, error: BaseException, cards: Callable[[], Iterable[Problem]], observer: Observer
    ) -> Held | None:
        """Tell of `error`, and return where it was raised, if it is to be held there."""
        try:
            held = self._held(error)
            if held is not None:
                self._tell_of(error, cards())
        except Exception as failed:  # noqa: BLE001 - the exception is the user's; none of ours is
            observer.feed.failed(failed)
            return None
        return held

    def _held(self, error: BaseException) -> Held | None:
        """Return where `error` was raised; None if that is nowhere in the user's code."""
        # Only now: they import JAX, which is there.
        from eqxviz.analysis.callback_errors import callback_error
        from eqxviz.analysis.problems import message_of
        from eqxviz.analysis.user_code import UserCode
        from eqxviz.capturing.calls_within import call_within
        from eqxviz.worker.stack import innermost_of_user, places_of

        user_code = UserCode(self._root)
        held = Held(-1, None, (), {}, "", 0, HaltKind.EXCEPTION, error=error)
        place = innermost_of_user(places_of(held, user_code))
        if place is None:
            return None
        told = callback_error(message_of(error), user_code)
        said = told.text.partition("\n")[0] if told is not None else _said(error)
        raised = next((f for f in told.frames if f.is_user), None) if told is not None else None
        callback = f"{os.path.basename(raised.file)}:{raised.line}" if raised is not None else ""
        held = replace(
            held, file=place.shown.file, line=place.shown.line, said=said, callback=callback
        )
        call = call_within(frame for frame, _ in traceback.walk_tb(error.__traceback__))
        if call is None:
            return held
        function, target, args, kwargs = call
        return replace(
            held,
            function=function.id,
            target=target,
            args=args,
            kwargs=kwargs,
            call=function.calls,
        )

    def _why(self, held: Held, observer: Observer) -> str:
        function = observer.functions.get(held.function)
        if function is None:
            return held.said
        return f"call {held.call} of {function.seen.name.rpartition('.')[2]} raised {held.said}"

    def _tell_of(self, error: BaseException, cards: Iterable[Problem]) -> None:
        self._told.append(error)
        for card in cards:
            self._tell([card])

    def _on_thread(self, args: threading.ExceptHookArgs) -> None:
        """Stand in for `threading.excepthook`."""
        assert self._before is not None
        error = args.exc_value
        name = args.thread.name if args.thread is not None else ""
        is_ours = name.startswith(_OURS)
        # The script goes on: where it has not imported JAX, that is not for us to do.
        has_jax = self._capture.observer is not None
        if error is not None and has_jax and not is_ours and self._is_to_be_met(error):

            def cards() -> Iterable[Problem]:
                return _thread_cards(error, name, self._root)

            self.meet(error, cards)
            if not self.has_told(error):
                self._tell_of(error, cards())
            # It ends here: it is not to be kept for what comes later.
            self._told = [each for each in self._told if each is not error]
        self._before(args)


def _said(error: BaseException) -> str:
    from eqxviz.analysis.problems import message_of

    name, said = type(error).__name__, message_of(error).partition("\n")[0]
    return f"{name}: {said}" if said else name


def _thread_cards(error: BaseException, thread: str, root: str) -> Iterable[Problem]:
    from eqxviz.worker import cards
    from eqxviz.worker.diagnosing import with_diagnosis

    title = f"The thread {thread} raised {type(error).__name__}"
    card = cards.raised(error, "thread-raised", title, os.path.join(root, "_")).card
    return with_diagnosis(replace(card, severity=Severity.WARNING), error, root)
