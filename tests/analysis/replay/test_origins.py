"""Each element that is not finite has the number of what it comes from, by its position."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from eqxviz.analysis.compat import open_jaxpr
from eqxviz.analysis.replay.births import Traced
from eqxviz.analysis.replay.blame_search import OriginSearch
from eqxviz.analysis.replay.origins import (
    CLEAN,
    CONSTANT,
    EXECUTION,
    FROM_CONSTANT,
    dense_numbers,
    numbers_of,
)
from eqxviz.analysis.replay.rows import Rows

NAN, INF = np.float32(np.nan), np.float32(np.inf)


def _numbers(function: Callable[..., Any], *arrays: Any) -> list[NDArray[np.int32]]:
    """Return the numbers of each result; those of the arguments are their places."""
    jaxpr = open_jaxpr(jax.make_jaxpr(function)(*arrays))
    assert jaxpr is not None
    rows = Rows(jaxpr)
    search = OriginSearch(rows)
    given = [Traced(x, numbers_of(x, i)) for i, x in enumerate(map(jnp.asarray, arrays))]
    work = search.run_call(rows.outputs, search.plan_for(rows.outputs), given)
    try:
        while True:
            next(work)
    except StopIteration as end:
        return [np.asarray(dense_numbers(each.value, each.numbers)) for each in end.value]


def _vector(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def test_what_is_born_has_the_number_of_the_execution():
    (numbers,) = _numbers(lambda x: jnp.log(x * 1.0), _vector(1, 0, 2))
    assert numbers.tolist() == [CLEAN, EXECUTION + 2, CLEAN]


def test_what_came_in_keeps_its_number_beside_what_is_born():
    (numbers,) = _numbers(jnp.log, _vector(NAN, 0, 2))
    assert numbers.tolist() == [0, EXECUTION + 1, CLEAN]


def test_of_several_the_earliest_counts():
    (numbers,) = _numbers(lambda x, y: x + y, _vector(NAN, 1, NAN), _vector(NAN, INF, 1))
    assert numbers.tolist() == [0, 1, 0]


def test_a_nan_comes_from_a_nan_and_not_from_an_inf_that_it_meets():
    (numbers,) = _numbers(
        lambda x, y: jnp.max(x[:, None] + y, axis=1), _vector(INF, -INF, 1), _vector(0, NAN, 0)
    )
    assert numbers.tolist() == [1, 1, 1]


def test_an_inf_that_is_left_is_not_of_a_nan_beside_it():
    numbers = _numbers(lambda x, y: jnp.sort(jnp.stack([x, y]), axis=0), _vector(NAN), _vector(INF))
    assert numbers[0].tolist() == [[1], [0]]


def test_the_nan_of_a_sum_comes_from_inf_rather_than_from_the_minus_inf_of_a_mask():
    (numbers,) = _numbers(lambda x, y: x + y, _vector(-INF, INF), _vector(INF, -INF))
    assert numbers.tolist() == [1, 0]


def test_what_is_not_chosen_is_gone():
    (numbers,) = _numbers(
        lambda w, x, y: jnp.where(w, x, y), np.array([True, False, True]), _vector(NAN, NAN, 1),
        _vector(NAN, 2, NAN),
    )  # fmt: skip
    assert numbers.tolist() == [1, CLEAN, CLEAN]


def test_a_nan_of_constants_has_the_number_of_the_equation_that_made_it():
    (numbers,) = _numbers(lambda x: jnp.where(x > 0, x, -jnp.inf) * 0, _vector(1, -1))
    assert numbers.tolist()[0] == CLEAN
    assert FROM_CONSTANT <= numbers.tolist()[1] < CONSTANT


def test_a_constant_that_comes_out_is_no_birth():
    (numbers,) = _numbers(lambda x: jnp.where(x > 0, x, -jnp.inf), _vector(1, -1))
    assert numbers.tolist()[1] > CONSTANT


_MATRIX = np.array([[1, NAN], [1, 1], [1, 1]], np.float32)


def _add(carry: Any, row: Any) -> tuple[Any, Any]:
    return carry + row, carry


@pytest.mark.parametrize(
    ("function", "bad"),
    [
        pytest.param(lambda x: x.sum(axis=1), [0], id="sum"),
        pytest.param(lambda x: x.max(axis=0), [1], id="max"),
        pytest.param(lambda x: x @ jnp.ones((2, 2)), [0, 1], id="product"),
        pytest.param(lambda x: jnp.ones((1, 3)) @ x, [1], id="product from the left"),
        pytest.param(lambda x: x.T.reshape(-1), [3], id="moved"),
        pytest.param(lambda x: jnp.split(x, 3)[0], [1], id="split"),
        pytest.param(lambda x: jnp.zeros((4, 2)).at[1:].set(x), [3], id="written"),
        pytest.param(lambda x: x[1:], [], id="cut away"),
        pytest.param(lambda x: jnp.pad(x, 1), [6], id="padded"),
        pytest.param(lambda x: x[jnp.array([2, 0])], [3], id="gathered"),
        pytest.param(lambda x: jnp.cumsum(x, axis=0), [1, 3, 5], id="running sum"),
        pytest.param(
            lambda x: jax.lax.cummax(x[::-1], axis=0, reverse=True), [1, 3, 5], id="from the end"
        ),
        pytest.param(lambda x: jnp.zeros(3).at[jnp.array([2, 1])].add(x[0]), [1], id="scattered"),
        pytest.param(lambda x: jnp.stack([x, x])[1], [1], id="stacked"),
        pytest.param(lambda x: jax.lax.map(lambda r: r * 2, x), [1], id="mapped"),
        pytest.param(
            lambda x: jax.lax.scan(lambda c, r: (c + r, c), x[0] * 0, x)[0], [1], id="scan"
        ),
        pytest.param(lambda x: jax.vmap(jnp.dot)(x, x), [0], id="products"),
    ],
)
def test_numbers_go_where_the_elements_go(function: Callable[..., Any], bad: list[int]):
    (numbers,) = _numbers(function, _MATRIX)
    assert np.flatnonzero(numbers == 0).tolist() == bad
    assert np.all((numbers == 0) | (numbers == CLEAN))


def test_an_index_out_of_range_is_a_birth():
    (numbers,) = _numbers(lambda x, i: jnp.take(x, i), _vector(NAN, 2), np.array([0, 7, 1]))
    assert numbers[0] == 0
    assert numbers[1] >= EXECUTION
    assert numbers[2] == CLEAN


def test_a_loop_passes_on_what_was_born_in_an_earlier_turn():
    def total(x):
        return jax.lax.scan(lambda c, r: (c + jnp.log(r), c), jnp.zeros(()), x)

    carry, rows = _numbers(total, _vector(1, 1, 0, 1, 0))
    assert rows.tolist() == [CLEAN, CLEAN, CLEAN, int(carry), int(carry)]


def test_a_sum_that_overflows_is_a_birth():
    (numbers,) = _numbers(jnp.sum, _vector(3e38, 3e38))
    assert int(numbers) == EXECUTION + 1
