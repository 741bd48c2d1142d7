"""The command for a missing package is one that works in that environment."""

import pytest

from eqxviz.records.installing import install_command


@pytest.mark.parametrize(
    ("module", "has_pip", "command"),
    [
        ("optax", True, "/e/bin/python -m pip install optax"),
        ("optax", False, "uv pip install --python /e/bin/python optax"),
        ("sklearn", True, "/e/bin/python -m pip install scikit-learn"),
    ],
)
def test_it_installs_by_what_there_is_under_the_name_it_has(module, has_pip, command):
    assert install_command(module, "/e/bin/python", has_pip=has_pip) == command
