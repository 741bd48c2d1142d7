"""The package under test: the real Equinox too, where both must behave alike."""

import importlib
from types import ModuleType

import pytest


@pytest.fixture(params=["eqxcore", "equinox"])
def eqx(request: pytest.FixtureRequest) -> ModuleType:
    """Each of the two packages in turn."""
    return importlib.import_module(request.param)
