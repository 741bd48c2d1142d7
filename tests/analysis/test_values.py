import math
import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import eqxcore
from eqxviz.analysis import value_summary
from eqxviz.analysis.named import named_trees


def test_statistics_are_of_the_finite_elements():
    x = jnp.array([1.0, jnp.nan, jnp.inf, -jnp.inf, 0.0, 5.0])
    summary = value_summary(x, 3, 9)
    assert (summary.revision, summary.node) == (3, 9)
    assert (summary.size, summary.n_nan, summary.n_inf, summary.n_zero) == (6, 1, 2, 1)
    assert (summary.minimum, summary.maximum, summary.mean) == (0.0, 5.0, 2.0)
    assert summary.std == pytest.approx(np.std([1.0, 0.0, 5.0]))
    assert summary.histogram.sum() == 3


def test_half_precision_is_summed_in_double():
    x = jnp.full((100_000,), 0.1, jnp.bfloat16)
    summary = value_summary(x, 0, 0)
    assert summary.mean == pytest.approx(float(jnp.bfloat16(0.1)), rel=1e-12)
    assert summary.std == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    "dtype", [jnp.float8_e4m3fn, jnp.int4, jnp.uint8, jnp.bool_, jnp.complex64, jnp.float16]
)
def test_every_dtype_has_statistics(dtype: object):
    summary = value_summary(jnp.array([0, 1, 1, 0]).astype(dtype), 0, 0)
    assert (summary.size, summary.n_zero, summary.mean) == (4, 2, 0.5)


def test_whole_numbers_have_a_bin_each():
    summary = value_summary(jnp.array([3, 3, 5]), 0, 0)
    assert summary.histogram.tolist() == [2, 0, 1]
    assert summary.edges.tolist() == [2.5, 3.5, 4.5, 5.5]


def test_large_whole_numbers_share_bins():
    summary = value_summary(np.array([2**60, 2**60 + 1, 2**60 + 4096]), 0, 0)
    assert summary.histogram.sum() == 3


def test_a_constant_array_has_one_bin():
    summary = value_summary(np.full(10, 7e30, np.float32), 0, 0)
    assert summary.histogram.tolist() == [10]


def test_an_array_larger_than_a_chunk_is_the_same_as_numpy_says():
    x = np.random.default_rng(0).normal(3.0, 2.0, (700, 1500)).astype(np.float32)
    summary = value_summary(x, 0, 0)
    assert summary.mean == pytest.approx(x.mean(dtype=np.float64))
    assert summary.std == pytest.approx(x.std(dtype=np.float64))
    assert summary.histogram.sum() == x.size
    assert len(summary.histogram) == 64
    assert summary.accuracy > 0


def test_a_deleted_array_says_so():
    x = jnp.ones(3)
    x.delete()
    summary = value_summary(x, 0, 0)
    assert "donated" in summary.text
    assert summary.size == 3
    assert math.isnan(summary.mean)


def test_keys_show_their_data():
    summary = value_summary(jax.random.split(jax.random.key(0), 2), 0, 0)
    assert summary.text.startswith("key<fry>[2], PRNG keys of threefry2x32.")
    assert len(summary.histogram) == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("gelu", "'gelu'"),
        (None, "None"),
        (10**500, "1000"),
        ({"a": jnp.ones(2)}, "{'a': f32[2]}"),
        (jax.nn.relu, "<function relu>"),
        (jax.ShapeDtypeStruct((2,), jnp.float32), "f32[2]: a description"),
    ],
)
def test_what_has_no_numbers_has_a_text(value: object, text: str):
    summary = value_summary(value, 0, 0)
    assert summary.text.startswith(text)
    assert len(summary.text) <= 2000


def test_a_module_is_printed_over_several_lines():
    text = value_summary(eqxcore.nn.Linear(2, 3, key=jax.random.key(0)), 0, 0).text
    assert "weight=f32[3,2]" in text
    assert len(text) <= 2000


def test_a_huge_container_is_cut_short():
    text = value_summary([jnp.ones(2)] * 10_000, 0, 0).text
    assert text.startswith("[f32[2], f32[2]")
    assert len(text) < 200


def test_a_leaf_that_cannot_be_printed_does_not_hide_the_others():
    class Failing:
        def __repr__(self) -> str:
            raise RuntimeError("no text")

    text = value_summary([1, Failing()], 0, 0).text
    assert "Failing" in text


def test_a_python_number_is_an_array_of_one():
    summary = value_summary(2.5, 0, 0)
    assert (summary.size, summary.mean, summary.text) == (1, 2.5, "2.5")
    assert value_summary(math.nan, 0, 0).n_nan == 1


def test_reading_an_array_leaves_it_free_to_be_donated():
    step = jax.jit(lambda x: x + 1, donate_argnums=0)
    x = jnp.ones((256, 256))
    place = x.unsafe_buffer_pointer()
    value_summary(x, 0, 0)
    assert step(x).unsafe_buffer_pointer() == place


def test_a_large_array_is_summarised_without_a_second_copy():
    script = """
        import resource
        import numpy as np
        from eqxviz.analysis import value_summary
        x = np.zeros((64, 1 << 20), np.float32)   # 256 MiB
        x += 1
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        value_summary(x, 0, 0)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100_000  # KiB


numbers = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int32, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=70),
    elements={"allow_subnormal": False},
    fill=st.just(1),
)


@settings(max_examples=60, deadline=None)
@given(numbers)
def test_a_summary_accounts_for_every_element(x: np.ndarray):
    summary = value_summary(x, 0, 0)
    n_finite = int(np.isfinite(x).sum())
    assert summary.size == x.size
    assert summary.n_nan + summary.n_inf + n_finite == x.size
    assert summary.histogram.sum() == n_finite
    assert len(summary.histogram) <= 64
    assert len(summary.edges) == (len(summary.histogram) + 1 if n_finite else 0)
    if n_finite:
        assert summary.minimum == x[np.isfinite(x)].min()
        assert summary.edges[0] <= summary.minimum
        assert summary.edges[-1] >= summary.maximum


def test_a_long_string_says_how_much_is_not_shown():
    text = value_summary("x" * 5000, 1, 2).text
    assert text.endswith("x' … 3,100 more characters")
    assert value_summary("x" * 1990, 1, 2).text == repr("x" * 1990)


def test_several_variables_are_printed_as_what_they_hold():
    text = value_summary(named_trees({"x": 1, "y": (2, 3)}), 1, 0).text
    assert text == "{'x': 1, 'y': (2, 3)}"
