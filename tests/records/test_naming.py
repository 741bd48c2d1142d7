"""A script is called so that one tells it from others."""

import pytest

from eqxviz.records.naming import name_of_path, script_name


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("/home/me/train.py", "train.py"),
        ("/home/me/package/__main__.py", "package"),
        ("package.train", "package.train"),
        ("__main__.py", "__main__.py"),
        ("", ""),
    ],
)
def test_a_script_is_called_by_its_file_or_its_package(script, name):
    assert script_name(script) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("model", "model"),
        ("model.layers[0].weight", "model.layers_0.weight"),
        ("params['a/b']", "params__a_b_"),
    ],
)
def test_a_file_called_after_a_path_is_in_no_other_folder(path, name):
    assert name_of_path(path) == name
