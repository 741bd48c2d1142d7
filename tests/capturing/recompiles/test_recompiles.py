"""Each program compiles as often as it states, and capture names exactly the causes it states."""

import pytest

from eqxviz.records import JitFlavour
from tests.capturing.conftest import Seen

from . import (
    arrays,
    configurations,
    functions,
    signatures,
    statics,
    transformed,
    trees,
    unchanged,
    uses,
)
from .counting import compiled
from .program import Program

CASES = [
    case
    for module in (
        *(arrays, configurations, functions, signatures, statics),
        *(transformed, trees, unchanged, uses),
    )
    for case in module.gallery.cases
]


@pytest.mark.full  # it changes with JAX and with the programs only
@pytest.mark.parametrize(("program", "flavour"), CASES)
def test_the_stated_number_of_compiles_is_what_jax_says(program: Program, flavour: JitFlavour):
    with compiled() as names:
        program.run(flavour)
    n_forward = names.count(program.function) - program.n_backward
    assert n_forward == 1 + len(program.recompiles)


@pytest.mark.parametrize(("program", "flavour"), CASES)
def test_capture_names_exactly_the_causes_stated(seen: Seen, program: Program, flavour: JitFlavour):
    program.run(flavour)
    program.check(seen.functions[program.function].id, seen.compiles)
