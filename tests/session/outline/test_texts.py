"""Texts in the order in which a reader would sort them."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.records import Strings
from eqxviz.session.outline.texts import sorted_ids, texts_of

TEXTS = st.lists(st.text("aB.[9810-", max_size=6), max_size=30)


def in_order(texts: list[str]) -> list[str]:
    strings = Strings.of(texts)
    return [texts[int(i)] for i in sorted_ids(strings, np.arange(len(texts)))]


def as_a_reader(text: str) -> tuple[float, str]:
    """Return a key: the number that a text is, then its letters, longer rows of digits later."""
    value = float(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text) else float("inf")
    return value, re.sub(r"\d+", lambda row: f"{len(row[0])}{row[0]}", text.lower())


@settings(deadline=None)
@given(TEXTS)
def test_texts_are_sorted_by_the_numbers_in_them(texts: list[str]):
    assert in_order(texts) == sorted(texts, key=as_a_reader)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**12), max_size=30), st.sampled_from(["[{}]", ".layer{}", "{}"]))
def test_numbered_keys_are_sorted_by_number(numbers: list[int], form: str):
    texts = [form.format(n) for n in dict.fromkeys(numbers)]
    assert in_order(texts) == [form.format(n) for n in sorted(set(numbers))]


@settings(deadline=None)
@given(st.lists(st.text("abAB", max_size=4), max_size=20))
def test_the_case_of_letters_does_not_matter(texts: list[str]):
    assert in_order(texts) == sorted(texts, key=str.lower)


def test_numbers_come_by_value_and_before_words():
    texts = ["b", "1e-3", "10", "-2", "0.5", "9", "a", "", "1x", "+3", "nan"]
    assert in_order(texts) == [
        *("-2", "1e-3", "0.5", "+3", "9", "10"),
        *("", "1x", "a", "b", "nan"),
    ]


def test_long_texts_are_sorted_by_their_beginning():
    texts = ["b" * 5000, "a" * 5000, "a"]
    assert in_order(texts) == ["a", "a" * 5000, "b" * 5000]


def test_more_texts_than_are_read_at_once_are_sorted():
    numbers = np.random.default_rng(0).permutation(70_000).tolist()
    assert in_order([f"[{n}]" for n in numbers]) == [f"[{n}]" for n in range(70_000)]


def test_texts_are_read_as_they_were_written():
    texts = [f"text ä {i}" for i in range(2000)]
    ids = np.array([5, 1999, 0])
    assert texts_of(Strings.of(texts), ids) == [texts[i] for i in ids]
    assert texts_of(Strings.of(texts), np.arange(2000)) == texts
