"""What is no array as text."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import eqxcore
from eqxviz.analysis.value_text import MAX_TEXT, text_of


def scaled(x: float, factor: float = 2.0) -> float:
    """Return x times factor."""
    return x * factor


class Layer:
    """A layer without a repr of its own."""

    def __call__(self, x: float) -> float:
        return x

    def method(self, x: float) -> float:
        return x


class Failing:
    def __repr__(self) -> str:
        raise RuntimeError("no text today")


def first_line(obj: Any) -> str:
    return text_of(obj).text.split("\n")[0]


def test_a_function_is_told_with_its_signature_place_and_source():
    said = text_of(scaled)
    assert said.text.startswith("<function scaled>(x: float, factor: float = 2.0) -> float\n")
    assert f"{__name__}.scaled" in said.text
    assert "Return x times factor." in said.text
    assert "return x * factor" in said.text
    assert said.file == __file__
    assert said.line == scaled.__code__.co_firstlineno


@pytest.mark.parametrize(
    "function",
    [jax.jit(scaled), functools.partial(scaled, factor=3.0), functools.wraps(scaled)(lambda *a: a)],
    ids=["jitted", "partial", "wrapped"],
)
def test_what_wraps_a_function_leads_to_it(function: Any):
    said = text_of(function)
    assert (said.file, said.line) == (__file__, scaled.__code__.co_firstlineno)


def test_methods_classes_and_lambdas_have_their_own_first_line():
    assert first_line(Layer().method) == "<method Layer.method>(x: float) -> float"
    assert first_line(Layer).startswith("<class Layer>")
    assert text_of(Layer).line > 0
    assert first_line(lambda x: x).startswith("<lambda at test_value_text.py:")


@pytest.mark.parametrize("function", [len, jnp.add, jax.nn.relu, int, print])
def test_functions_of_others_are_told_too(function: Any):
    assert text_of(function).text


def test_source_longer_than_a_few_lines_is_cut():
    said = text_of(dataclasses.dataclass)
    assert "more lines" in said.text
    assert len(said.text) <= MAX_TEXT


def test_a_tree_is_printed_over_lines_and_a_large_one_in_one():
    layer = eqxcore.nn.Linear(2, 3, key=jax.random.key(0))
    assert "weight=f32[3,2]" in text_of(layer).text
    assert "\n" not in text_of([jnp.ones(2)] * 10_000).text


@pytest.mark.parametrize(
    "value",
    ["x" * 1_000_000, b"y" * 1_000_000, 1 << 1_000_000, set(range(100_000)), "é" * 5000],
    ids=["text", "bytes", "integer", "set", "accents"],
)
def test_large_values_are_bounded(value: Any):
    assert 0 < len(text_of(value).text) <= MAX_TEXT


def test_a_repr_that_raises_is_said():
    said = text_of([1, Failing()]).text
    assert "Failing" in said
    assert "Its repr raises RuntimeError: no text today" in said
