"""Keys are followed to what is drawn from them, by equations alone."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import pytest

from eqxviz.analysis.key_flow import Draw, KeyFlow, Site
from eqxviz.analysis.key_values import may_be_keys
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.code.frames import way_to

KINDS = [pytest.param(jr.key, id="typed"), pytest.param(jr.PRNGKey, id="raw")]


@pytest.fixture(params=KINDS)
def key(request: pytest.FixtureRequest) -> Any:
    return request.param(0)


def test_children_of_one_split_are_different_keys(key: Any) -> None:
    def draw(key: Any) -> Any:
        first, second = jr.split(key)
        return jr.normal(first), jr.normal(second), jr.normal(jr.split(key, 3)[0])

    first, second, again = _numbers(_draws(draw, key))
    assert first != second
    assert again == first


def test_what_other_data_is_folded_into_is_another_key(key: Any) -> None:
    def draw(key: Any, step: Any) -> Any:
        return [jr.normal(jr.fold_in(key, data)) for data in (0, 1, step, 0)]

    zero, one, step, again = _numbers(_draws(draw, key, jnp.array(3)))
    assert len({zero, one, step}) == 3
    assert again == zero


def test_a_clone_is_another_key(key: Any) -> None:
    first, second = _numbers(_draws(lambda key: (jr.normal(key), jr.normal(jr.clone(key))), key))
    assert first != second


def test_branches_of_a_conditional_exclude_each_other(key: Any) -> None:
    def draw(key: Any, flag: Any) -> Any:
        before = jr.normal(key)
        return before, jax.lax.cond(flag, jr.normal, jr.uniform, key)

    before, one, other = _draws(draw, key, jnp.array(True))
    assert one.site.excludes(other.site)
    assert not before.site.excludes(one.site)


@pytest.mark.parametrize("is_differentiated", [False, True])
def test_a_key_that_a_loop_closes_over_is_the_same_in_each_turn(
    key: Any, is_differentiated: bool
) -> None:
    def last(start: Any) -> Any:
        return jax.lax.scan(lambda x, _: (x * jr.normal(key), None), start, length=4)[0]

    function = jax.grad(last) if is_differentiated else last
    assert [draw.repeated_in is not None for draw in _draws(function, 1.0)] == [True]


def test_keys_that_a_loop_goes_over_or_carries_are_others_in_each_turn(key: Any) -> None:
    def last(key: Any) -> Any:
        def turn(carry: Any, each: Any) -> Any:
            kept, drawn = jr.split(carry)
            return kept, jr.normal(drawn) + jr.normal(each) + jr.normal(jr.fold_in(key, 1))

        return jax.lax.scan(turn, jr.fold_in(key, 2), jr.split(key, 4))

    assert [draw.repeated_in is None for draw in _draws(last, key)] == [True, True, False]


def test_what_the_way_back_computes_once_more_is_not_drawn_again(key: Any) -> None:
    def loss(x: Any) -> Any:
        return jax.checkpoint(lambda x: jnp.sin(x) * jr.normal(key))(x)

    assert len(_draws(jax.value_and_grad(loss), 1.0)) == 1


def _draws(function: Callable[..., Any], *args: Any) -> list[Draw]:
    flow = KeyFlow(
        lambda equation: way_to(equation, UserCode()), lambda array: flow.new(jax.typeof(array))
    )
    jaxpr = jax.make_jaxpr(function)(*args)
    given = [flow.new(v.aval) if may_be_keys(v.aval) else None for v in jaxpr.jaxpr.invars]
    flow.run(jaxpr, given, [flow.token() for _ in given], Site(()))
    return flow.draws


def _numbers(draws: list[Draw]) -> list[int]:
    return [int(draw.keys) for draw in draws]
