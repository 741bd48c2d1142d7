"""What a launch asks of a run before its script starts: requests, as words of a command line."""

import base64
from pathlib import Path

from eqxviz.engine import stop_words
from eqxviz.engine.launch import Launch
from eqxviz.records import KeepCalls, Record, SavePlan, SetStops, Stop, WatchDynamics
from eqxviz.records.codec import PREFIX, decode, decode_prefix, encode


def requests_of(launch: Launch) -> tuple[Record, ...]:
    """Return what the run is asked for from its first call on."""
    asked: list[Record] = []
    if launch.stops:
        asked.append(SetStops(stops_of(launch)))
    if launch.keep_calls:
        asked.append(KeepCalls(is_on=True))
    if launch.dynamics_every:
        asked.append(WatchDynamics(is_on=True, every=launch.dynamics_every))
    if (plan := plan_of(launch)).is_on:
        asked.append(plan)
    return tuple(asked)


def stops_of(launch: Launch) -> tuple[Stop, ...]:
    """Return the stops that a launch names, numbered from 0."""
    return stop_words.stops_of(launch.stops, str(launch.working_folder), launch.file)


def plan_of(launch: Launch) -> SavePlan:
    """Return what a launch says of checkpoints."""
    folder = launch.save_to and str(launch.working_folder / Path(launch.save_to).expanduser())
    return SavePlan(
        every=launch.save_every or 0,
        at_end=launch.save_at_end,
        folder=folder,
        pattern=launch.save_as or SavePlan().pattern,
        argument=launch.save_what,
        last=launch.save_last or 0,
    )


def to_word(request: Record) -> str:
    """Return `request` as one word of letters and digits."""
    return base64.urlsafe_b64encode(b"".join(bytes(part) for part in encode(request))).decode()


def from_word(word: str) -> Record:
    """Return what `to_word` made a word of.

    Raises:
        CodecError: If it is of another version, or damaged.
    """
    frame = base64.urlsafe_b64decode(word)
    n_header, _ = decode_prefix(frame[: PREFIX.size])
    header, payload = frame[PREFIX.size :][:n_header], frame[PREFIX.size + n_header :]
    return decode(header, payload)[1]
