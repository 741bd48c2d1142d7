"""The bundled examples describe themselves."""

import pytest

from eqxviz.session.examples import example, examples, is_bundled


def test_every_example_has_a_title_and_a_sentence():
    assert {found.name for found in examples()} >= {"polynomial", "transformer"}
    for found in examples():
        assert found.title
        assert not found.title.endswith(".")
        assert found.text.endswith(".")


def test_an_example_is_found_by_its_name():
    assert example("polynomial").title == "Fit a polynomial with a small neural network"


def test_a_name_that_no_example_has_is_refused():
    with pytest.raises(KeyError, match="no example is called 'nothing'"):
        example("nothing")


def test_only_the_examples_are_bundled(tmp_path):
    assert is_bundled(str(example("polynomial").path))
    assert not is_bundled(str(tmp_path / "polynomial.py"))
