"""The programs whose arrays lie on one device, and then on another or on both."""

import pytest

from eqxviz.records import JitFlavour
from tests.capturing.conftest import Seen
from tests.two_devices import with_two_devices

from . import placement
from .counting import compiled
from .program import Program


@pytest.mark.full
@pytest.mark.parametrize(("program", "flavour"), placement.gallery.cases)
@with_two_devices
def test_the_stated_number_of_compiles_is_what_jax_says(program: Program, flavour: JitFlavour):
    with compiled() as names:
        program.run(flavour)
    assert names.count(program.function) == 1 + len(program.recompiles)


@pytest.mark.parametrize(("program", "flavour"), placement.gallery.cases)
@with_two_devices
def test_capture_names_exactly_the_causes_stated(seen: Seen, program: Program, flavour: JitFlavour):
    program.run(flavour)
    program.check(seen.functions[program.function].id, seen.compiles)
