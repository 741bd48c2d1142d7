"""Numbers and paths as they are read."""

import math

import pytest

from eqxviz.session import formatting


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1240, "1,240"),
        (38_600, "38.6 k"),
        (7_100_000, "7.1 M"),
        (124_439_808, "124 M"),
        (999_999, "1.0 M"),
        (2_500_000_000, "2.5 G"),
    ],
)
def test_counts_have_a_unit_from_ten_thousand_on(n, text):
    assert formatting.count(n) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0 B"), (999, "999 B"), (4740, "4.74 kB"), (28_300_000, "28.3 MB"), (10**12, "1.00 TB")],
)
def test_bytes_have_three_digits(n, text):
    assert formatting.n_bytes(n) == text


@pytest.mark.parametrize(
    ("s", "text"),
    [
        (0.0, "0 s"),
        (3e-10, "0.3 ns"),
        (4.2e-8, "42.0 ns"),
        (1.5e-5, "15.0 µs"),
        (0.00124, "1.24 ms"),
        (0.99999, "1.00 s"),
        (12.34, "12.3 s"),
        (59.99, "1 min 0 s"),
        (125.0, "2 min 5 s"),
        (12_000.0, "3 h 20 min"),
        (math.nan, "–"),
    ],
)
def test_durations_have_the_unit_that_fits(s, text):
    assert formatting.seconds(s) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.12345678, "0.123457"),
        (12.0, "12"),
        (1500.0, "1,500"),
        (1e6, "1e+06"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (-0.5, "-0.5"),
    ],
)
def test_values_have_six_digits(x, text):
    assert formatting.number(x) == text


@pytest.mark.parametrize(("n", "text"), [(11, "abcdefghijk"), (7, "abc…ijk"), (2, "…k"), (1, "…")])
def test_long_texts_lose_their_middle(n, text):
    assert formatting.elide_middle("abcdefghijk", n) == text


def test_long_words_of_a_text_lose_theirs():
    assert formatting.elide_words("a abcdefghijk  at b", 7) == "a abc…ijk  at b"


@pytest.mark.parametrize(
    ("s", "text"),
    [(0.85, "850 ms"), (3.94, "3 s"), (59.99, "59 s"), (60.0, "1 min 0 s"), (math.nan, "–")],
)
def test_durations_that_go_on_have_no_hasty_digits(s, text):
    assert formatting.passing_seconds(s) == text


def test_small_shares_are_not_called_nothing():
    shares = (0.0, 0.0001, 0.004, 0.01, 0.625, 1.0)
    texts = ["0 %", "< 0.1 %", "0.4 %", "1 %", "62 %", "100 %"]
    assert [formatting.percent(share) for share in shares] == texts


def test_rates_keep_three_digits():
    texts = [formatting.step_rate(rate) for rate in (1016.2, 7.256, 0.0412, float("nan"))]
    assert texts == ["1,016 steps/s", "7.26 steps/s", "0.0412 steps/s", "–"]
