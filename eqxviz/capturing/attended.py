"""What happens around a call that somebody attends to: it meets a stop, or is kept."""

from dataclasses import replace
from types import FrameType
from typing import Any, NamedTuple, Protocol

from eqxviz.capturing.feed import Feed
from eqxviz.capturing.finiteness import Finiteness, Look
from eqxviz.capturing.functions import Function
from eqxviz.capturing.gate import Gate
from eqxviz.capturing.held import Held, KeptCall
from eqxviz.capturing.keeping import Arguments, Keeper
from eqxviz.capturing.readying import Readying
from eqxviz.capturing.stops import Stops
from eqxviz.capturing.watched import Watched
from eqxviz.records import CompileEvent, HaltKind, Stop, StopKind
from eqxviz.records.recompiles import sentence

_MOST_CAUSES = 2


class Made(NamedTuple):
    """A call that a frame of the user's makes."""

    watched: Watched
    function: Function
    target: Any  # what the user called
    call: Arguments
    frame: FrameType | None  # the innermost of the user's own
    is_plain: bool  # made outside of any transformation


class Onlooker(Protocol):
    """Looks at each call that is kept, in the thread that makes it."""

    def before(self, made: Made) -> None:
        """See a call that is about to be made, after the gate has let it through."""
        ...

    def after(self, made: Made, kept: KeptCall) -> None:
        """See a call that has returned, and as it was kept."""
        ...


class Attended:
    """Holds threads before and after calls, and keeps these. Everything goes on in their threads.

    While calls are not kept stops on curves are met as the points are read, some calls later.
    While they are, the result is waited for: the thread is held right after the call.
    """

    def __init__(self, gate: Gate, stops: Stops, feed: Feed) -> None:
        self.keeper = Keeper(feed.tell, self._on_keeping)
        self._readying = Readying(feed.failed)
        self._gate = gate
        self._stops = stops
        self._feed = feed
        self._finiteness = Finiteness()
        self.onlooker: Onlooker | None = None

    def stop_on(self, function: Function) -> bool:
        """Whether there is a stop on the calls of `function`."""
        return bool(self._stops.on(StopKind.CALL, function.seen))

    def recompiled(self, event: CompileEvent, function: Function) -> CompileEvent | None:
        """Return `event` if it is a compilation that a stop waits for."""
        is_met = function.compiles > 1 and self._stops.on(StopKind.RECOMPILE, function.seen)
        return event if is_met else None

    def before(self, made: Made) -> tuple[KeptCall | None, Arguments]:
        """Return when a call may be made, as it is kept, and the arguments that it is to be given.

        Raises:
            KeyboardInterrupt: If the user has asked to stop.
        """
        if self.keeper.is_on and self._stops.are_on_curves:
            self._feed.curves.read_ready(wait=True)  # what was logged since the last call
        at = _place(made)
        met = self._met_by(made, at)
        if met is not None:
            self._gate.hold(met)
        else:
            self._gate.arrive(at)
        if not self.keeper.is_on:
            return None, made.call
        try:
            if self.onlooker is not None:  # before time is spent on keeping
                self.onlooker.before(made)
            return self.keeper.keep(
                made.watched, made.function, made.target, made.call, made.is_plain
            )
        except Exception as error:  # noqa: BLE001 - the call is the user's; it must not fail by us
            self._feed.failed(error)
            return None, made.call

    def after(
        self, made: Made, result: Any, kept: KeptCall | None, recompiled: CompileEvent | None
    ) -> None:
        """Hold the thread if what the call did, or returned, has met a stop.

        Raises:
            KeyboardInterrupt: If the user has asked to stop.
        """
        stop, why = None, ""
        function = made.function
        try:
            if kept is not None:
                self.keeper.finish(kept, made.watched, result, made.is_plain)
                if self.onlooker is not None:
                    self.onlooker.after(made, kept)
                else:
                    self._readying.see(made.watched, kept)
                look = self._look_at(kept)
                if self._stops.are_on_curves:
                    self._feed.curves.read_ready(wait=True)
                not_finite = self._not_finite(function, kept, look)
                if self._gate.met is None:  # else a curve tells of the same call
                    stop, why = not_finite
            if recompiled is not None:
                stop = next(iter(self._stops.on(StopKind.RECOMPILE, function.seen)), stop)
                why = f"{function.short_name} compiled again: {_causes(recompiled)}"
        except Exception as error:  # noqa: BLE001 - as above
            self._feed.failed(error)
            return
        is_met = kept is not None and self._gate.met is not None
        if stop is None and not is_met:
            return
        call = made.call if kept is None or kept.why_not else (kept.args, kept.kwargs)
        at = replace(
            _place(made._replace(call=call)),
            kind=HaltKind.RETURN,
            call=function.calls,
            result=result,
        )
        if stop is not None:
            self._gate.hold(at.met(stop, why))
        else:
            self._gate.arrive(at)

    def _on_keeping(self, is_on: bool) -> None:
        self._gate.see_calls(self, is_on)
        if not is_on:
            self._readying.stop()

    def _met_by(self, made: Made, at: Held) -> Held | None:
        """Return where the thread is to be held by a stop on the function, None if by none."""
        if not made.watched.attention or made.frame is None:
            return None
        for stop in self._stops.on(StopKind.CALL, made.function.seen):
            condition = self._stops.conditions.why_met(stop, made.frame)
            if condition is not None:
                why = f"call {at.call} of {made.function.short_name}"
                return at.met(stop, f"{why}: {condition}" if condition else why)
        return None

    def _look_at(self, kept: KeptCall) -> tuple[Stop, Look] | None:
        """Begin to look at what a call returned, if there is a stop that it may meet."""
        stops = [stop for stop in self._stops.of(StopKind.NONFINITE) if not stop.condition]
        return (stops[0], Look(kept.result)) if stops else None

    def _not_finite(
        self, function: Function, kept: KeptCall, begun: tuple[Stop, Look] | None
    ) -> tuple[Stop | None, str]:
        """Return the stop that is met by what the call returned, and why."""
        if begun is None:
            return None, ""
        stop, look = begun
        arguments = (*kept.args, *kept.kwargs.values())
        news = self._finiteness.news(function.id, look, arguments)
        return (stop, f"call {kept.call} of {function.short_name}: {news}") if news else (None, "")


def _place(made: Made) -> Held:
    """Return the place before the call."""
    frame, function = made.frame, made.function
    line = (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)
    return Held(function.id, made.target, *made.call, *line, call=function.calls + 1)


def _causes(event: CompileEvent) -> str:
    """Return why it compiled, in words."""
    known = "; ".join(sentence(cause) for cause in event.causes[:_MOST_CAUSES])
    more = len(event.causes) - _MOST_CAUSES
    return f"{known or 'why is not known'}{f'; and {more} more' if more > 0 else ''}"
