"""Equinox and eqxcore do the same where there are two devices."""

import equinox
import pytest

import eqxcore
from tests.parity.outcome import differences, observe, value_differences
from tests.parity.programs import devices
from tests.two_devices import has_two_devices, in_a_process_with_two


@pytest.mark.parametrize("name", devices.PROGRAMS)
def test_both_packages_do_the_same(name: str, request: pytest.FixtureRequest) -> None:
    if not has_two_devices():
        return in_a_process_with_two(request)
    program = devices.PROGRAMS[name]
    assert differences(observe(program, equinox), observe(program, eqxcore)) == []
    return None


@pytest.mark.parametrize("name", devices.DIFFERENT)
def test_a_difference_that_is_meant_is_still_there(
    name: str, request: pytest.FixtureRequest
) -> None:
    if not has_two_devices():
        return in_a_process_with_two(request)
    program, expected, _ = devices.DIFFERENT[name]
    theirs, ours = observe(program, equinox), observe(program, eqxcore)
    if isinstance(expected, type) and issubclass(expected, Exception):
        assert type(ours.error) is expected
    else:
        assert list(value_differences(ours.value, expected)) == []
    assert differences(theirs, ours) != []
    return None
