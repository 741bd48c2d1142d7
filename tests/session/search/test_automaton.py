"""Automata find what Python's regular expressions find."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.records import Strings
from eqxviz.session.search.automaton import Automaton, StoppedError
from eqxviz.session.search.letters import Letters
from eqxviz.session.search.pattern import UnsupportedError, literal_in, parts_of

ATOMS = st.sampled_from(
    ["a", "B", "ß", ".", r"\.", r"\d", r"\W", "[ab]", "[^a-c]", "[]x]", r"[\]0-9]", r"\[", r"\x61"]
)
COUNTS = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "{,2}"])
PATTERNS = st.recursive(
    st.one_of(ATOMS, st.sampled_from(["^", "$", r"\b", r"\B"])),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(
            inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "{,2}"])
        ).map(lambda pair: f"({pair[0]}){pair[1]}"),
    ),
    max_leaves=6,
)
TEXTS = st.lists(st.text("aAbBc0.[]xß\nſ", max_size=8), max_size=40)


def found(pattern: str, texts: list[str]) -> list[bool]:
    letters = Letters(Strings.of(texts))
    automaton = Automaton(pattern, letters.alphabet)
    return automaton.found_in(letters, letters.begin, letters.end, lambda: False).tolist()


@settings(deadline=None)
@given(PATTERNS, TEXTS)
def test_texts_are_found_as_python_finds_them(pattern, texts):
    texts = [text.replace("\n", "") if "$" in pattern else text for text in texts]
    if r"\B" in pattern:  # what it says of no text at all depends on the version of Python
        texts = [text for text in texts if text]
    matches = re.compile(pattern, re.IGNORECASE).search
    assert found(pattern, texts) == [matches(text) is not None for text in texts]


@settings(deadline=None)
@given(st.text("aA.[0ß", min_size=1, max_size=4), TEXTS)
def test_a_plain_text_is_found_where_it_is(needle, texts):
    wanted = re.compile(re.escape(needle), re.IGNORECASE)
    assert found(re.escape(needle), texts) == [wanted.search(t) is not None for t in texts]


@pytest.mark.parametrize(
    "pattern", [r"(?=a)b", r"(a)\1", r"(?i:a)", r"a++", r"(?<!x)a", r"\Aa", "(?#c)a"]
)
def test_what_an_automaton_cannot_follow_is_refused(pattern):
    re.compile(pattern)
    with pytest.raises(UnsupportedError):
        Automaton(pattern, "abc")


@pytest.mark.parametrize("pattern", ["(a{99}){99}", "(a|b)*a(a|b){12}"])
def test_what_would_grow_too_large_is_refused(pattern):
    with pytest.raises(UnsupportedError):
        Automaton(pattern, "abc")


def test_long_texts_beside_many_short_ones_are_read():
    texts = ["ab"] * 100 + ["a" * 20_000 + "b", "b" * 20_000]
    assert found("aab", texts) == [False] * 100 + [True, False]
    assert found("aab", ["a" * 6000 + "b"] * 30) == [True] * 30


def test_reading_stops_when_it_is_told_to():
    letters = Letters(Strings.of(["abcdef"] * 100))
    automaton = Automaton("f", letters.alphabet)
    with pytest.raises(StoppedError):
        automaton.found_in(letters, letters.begin, letters.end, lambda: True)


def test_a_text_is_read_in_pieces_as_it_is_whole():
    letters = Letters(Strings.of(["lay", "ers"]))
    automaton = Automaton("layers", letters.alphabet)
    state = np.zeros(1, np.int32)
    first, second = letters.begin[:1], letters.begin[1:]
    assert automaton.after(letters.symbols_of("a layers"))[1]
    state, hit = automaton.read(letters, first, letters.end[:1], state, lambda: False)
    assert not hit[0]
    state, hit = automaton.read(letters, second, letters.end[1:], state, lambda: False)
    assert hit[0]


@settings(deadline=None)
@given(PATTERNS, TEXTS)
def test_every_match_holds_the_literal_of_its_pattern(pattern, texts):
    literal, is_all = literal_in(parts_of(pattern))
    for text in texts:
        match = re.search(pattern, text, re.IGNORECASE | re.ASCII)
        assert match is None or not literal.isascii() or literal in match[0].lower()
        if is_all and text.isascii() and literal.isascii():
            assert (literal in text.lower()) is (match is not None)


@settings(deadline=None)
@given(
    st.text("aA.[0@", min_size=1, max_size=4),
    st.lists(st.text("aAbBc0.[]x@`", max_size=8), max_size=40),
)
def test_texts_that_hold_a_literal_are_seen_at_a_glance(literal, texts):
    letters = Letters(Strings.of(texts))
    assert letters.is_ascii
    held = letters.holding(literal.lower(), letters.begin)
    assert held.tolist() == [literal.lower() in text.lower() for text in texts]


def test_a_literal_may_lie_across_two_of_the_pieces_that_are_looked_through():
    texts = ["x" * (2**18 - 2) + "needle", "needl", "e"]
    letters = Letters(Strings.of(texts))
    assert letters.holding("needle", letters.begin).tolist() == [True, False, False]


def test_a_literal_begins_where_the_text_is_read_from():
    letters = Letters(Strings.of([".weight", "a.weight", ""]))
    assert letters.holding(".w", letters.begin_of_names()).tolist() == [False, True, False]
    assert letters.holding(".w", letters.begin).tolist() == [True, True, False]
