"""Equinox and eqxcore do the same: value, print, warnings and kind of error of many programs."""

import equinox
import pytest

import eqxcore
from tests.parity.outcome import Program, differences, observe, value_differences
from tests.parity.programs import (
    batch_norm,
    callbacks,
    convolutions,
    debugging,
    derivatives,
    enumeration,
    errors,
    filters,
    inference,
    internals,
    layers,
    methods,
    modules,
    normalisation,
    pooling,
    printing,
    recipes,
    sequences,
    serialising,
    shared,
    spectral_norm,
    states,
    transforms,
    trees,
    vectorisation,
)

GROUPS = (
    filters,
    trees,
    printing,
    serialising,
    layers,
    convolutions,
    pooling,
    sequences,
    modules,
    methods,
    normalisation,
    states,
    batch_norm,
    spectral_norm,
    shared,
    inference,
    transforms,
    vectorisation,
    callbacks,
    derivatives,
    errors,
    enumeration,
    debugging,
    internals,
    recipes,
)


def _name(group: object) -> str:
    return getattr(group, "__name__", "").rpartition(".")[2]


# Their programs are many and differ in options of the same layers: of each three the ordinary tier
# runs one.
MANY = (layers, convolutions, pooling, sequences, normalisation, batch_norm, spectral_norm)


def _marks(group: object, name: str) -> list[pytest.MarkDecorator]:
    is_left_out = group in MANY and list(group.PROGRAMS).index(name) % 3  # type: ignore[attr-defined]
    is_full = is_left_out or name in getattr(group, "FULL", ())
    return [pytest.mark.full] if is_full else []


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(program, id=f"{_name(group)}: {name}", marks=_marks(group, name))
        for group in GROUPS
        for name, program in group.PROGRAMS.items()
    ],
)
def test_both_packages_do_the_same(program: Program) -> None:
    assert differences(observe(program, equinox), observe(program, eqxcore)) == []


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(program, expected, id=f"{_name(group)}: {name}")
        for group in GROUPS
        for name, (program, expected, _) in group.DIFFERENT.items()
    ],
)
def test_a_difference_that_is_meant_is_still_there(program: Program, expected: object) -> None:
    theirs, ours = observe(program, equinox), observe(program, eqxcore)
    if isinstance(expected, type) and issubclass(expected, Exception):
        assert type(ours.error) is expected
    else:
        assert ours.error is None
        assert list(value_differences(ours.value, expected)) == []
    assert differences(theirs, ours) != []
