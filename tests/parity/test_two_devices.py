"""Equinox and eqxcore do the same where there are two devices."""

import equinox
import pytest

import eqxcore
from tests.parity.outcome import differences, observe, value_differences
from tests.parity.programs import devices
from tests.two_devices import with_two_devices


@pytest.mark.parametrize("name", devices.PROGRAMS)
@with_two_devices
def test_both_packages_do_the_same(name: str) -> None:
    program = devices.PROGRAMS[name]
    assert differences(observe(program, equinox), observe(program, eqxcore)) == []


@pytest.mark.parametrize("name", devices.DIFFERENT)
@with_two_devices
def test_a_difference_that_is_meant_is_still_there(name: str) -> None:
    program, expected, _ = devices.DIFFERENT[name]
    theirs, ours = observe(program, equinox), observe(program, eqxcore)
    if isinstance(expected, type) and issubclass(expected, Exception):
        assert type(ours.error) is expected
    else:
        assert list(value_differences(ours.value, expected)) == []
    assert differences(theirs, ours) != []
