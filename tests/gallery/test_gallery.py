"""Wrong programs end with a message that says where, what was found there, and what to do.

What eqxcore itself says is in `snapshots/`, a file for each theme, to be read as a user would:
`EQXCORE_SNAPSHOTS=write` writes the files anew.
"""

import functools
import os
import types
from pathlib import Path

import equinox
import pytest

import eqxcore
from tests.gallery.programs import (
    faq,
    files,
    filters,
    grads,
    jit,
    layers,
    modules,
    runtime,
    states,
    trees,
    vmaps,
)
from tests.gallery.wrong import Told, Wrong, entries, tell
from tests.parity.outcome import error_family

THEMES = (faq, modules, filters, trees, jit, grads, vmaps, files, layers, states, runtime)

_SNAPSHOTS = Path(__file__).parent / "snapshots"

_each_program = pytest.mark.parametrize(
    "entry",
    [
        pytest.param(entry, id=f"{_name}: {entry.name}")
        for theme in THEMES
        for _name in [theme.__name__.rpartition(".")[2]]
        for entry in entries(theme)
    ],
)


@functools.cache
def _told(entry: Wrong, package: types.ModuleType) -> Told:
    return tell(entry, package)


def _missing(texts: tuple[str, ...], told: Told) -> list[str]:
    return [text for text in texts if text not in told.text]


@_each_program
def test_the_message_says_where(entry: Wrong) -> None:
    told = _told(entry, eqxcore)
    assert _missing(entry.where, told) == [], told.text


@_each_program
def test_the_message_shows_the_value(entry: Wrong) -> None:
    told = _told(entry, eqxcore)
    assert _missing(entry.value, told) == [], told.text


@_each_program
def test_the_message_says_what_to_do(entry: Wrong) -> None:
    told = _told(entry, eqxcore)
    assert _missing(entry.fix, told) == [], told.text


@_each_program
def test_the_error_is_of_the_kind_that_equinox_raises(entry: Wrong) -> None:
    ours, theirs = _told(entry, eqxcore).raised, _told(entry, equinox).raised
    assert isinstance(ours, entry.kind)
    same = theirs is not None and (
        type(ours).__name__ == type(theirs).__name__
        or issubclass(error_family(ours) or object, error_family(theirs) or object)
    )
    assert same is (entry.allowed is None), f"{type(theirs).__name__}: {theirs}"


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.__name__.rpartition(".")[2])
def test_the_texts_are_as_they_were(theme: types.ModuleType) -> None:
    text = "\n".join(
        f"## {entry.name}\n\n{_told(entry, eqxcore).own}\n" for entry in entries(theme)
    )
    path = _SNAPSHOTS / f"{theme.__name__.rpartition('.')[2]}.md"
    if os.environ.get("EQXCORE_SNAPSHOTS") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_gallery_has_not_shrunk() -> None:
    assert sum(len(entries(theme)) for theme in THEMES) >= 200
