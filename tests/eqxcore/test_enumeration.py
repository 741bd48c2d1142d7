"""Enumerations: what their errors say."""

import pickle

import jax
import jax.numpy as jnp
import pytest

import eqxcore as eqx


class Result(eqx.Enumeration):
    ok = "fine"
    bad = "it is bad"


class More(Result):
    extra = "one more"


class Other(eqx.Enumeration):
    ok = "fine"


def test_items_survive_pickling():
    assert pickle.loads(pickle.dumps(Result.bad)) == Result.bad


def test_items_are_attributes_of_the_class():
    assert {"ok", "bad", "extra"} <= set(dir(More))


def test_an_item_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(AttributeError, match=r"`Result` has no item 'absent'\. It has `ok`, `bad`"):
        Result.absent


def test_comparing_with_another_enumeration_says_what_can_be_compared():
    with pytest.raises(ValueError, match=r"<fine> was compared with .*Other<fine>.*`ok`, `bad`"):
        assert Result.ok == Other.ok
    with pytest.raises(ValueError, match=r"`More\.promote`"):
        assert More.ok != Result.ok


def test_looking_up_says_what_was_given():
    with pytest.raises(ValueError, match=r"`Result\[0\]`.*such as `ok`, `bad`"):
        Result[0]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"item of another enumeration, .*Other<fine>"):
        Result[Other.ok]


def test_where_says_what_was_given():
    with pytest.raises(ValueError, match=r"items of `Result`, and one is 0\. Use `ok`, `bad`"):
        Result.where(True, 0, Result.ok)
    with pytest.raises(ValueError, match=r"one of dtype bool and shape \(2,\)"):
        Result.where(jnp.ones(2, bool), Result.ok, Result.bad)
    with pytest.raises(TypeError, match="requires a boolean, and was given 'text'"):
        Result.where("text", Result.ok, Result.bad)


def test_promotion_says_what_was_given():
    with pytest.raises(ValueError, match=r"More<fine>: .*that `Result` inherits from"):
        Result.promote(More.ok)
    with pytest.raises(ValueError, match="given 3, of type `int`"):
        Result.promote(3)


def test_an_enumeration_holds_nothing_but_items():
    with pytest.raises(TypeError, match=r"`Bad\.f` is <function .*items, whose values are strings"):

        class Bad(eqx.Enumeration):
            def f(self) -> None: ...

    with pytest.raises(ValueError, match="Cannot have enumeration item with name `where`"):

        class Reserved(eqx.Enumeration):
            where = "there"  # pyright: ignore[reportAssignmentType]


def test_a_second_message_for_an_item_warns_where_the_class_is():
    with pytest.warns(UserWarning, match="two messages for `ok`: 'fine' and 'new'") as caught:

        class Changed(Result):
            ok = "new"

    assert caught[0].filename == __file__


def test_an_enumeration_has_no_instances():
    with pytest.raises(TypeError, match=r"`Result\.name`: `ok`, `bad`"):
        Result()


def test_items_are_chosen_and_raised_in_compiled_functions():
    @eqx.filter_jit
    def solve(x: jax.Array) -> jax.Array:
        result = More.where(x > 1, More.extra, More.promote(Result.bad))
        return result.error_if(x, x != 0)

    assert solve(jnp.array(0.0)) == 0
    with pytest.raises(eqx.EquinoxRuntimeError, match=r"\Ait is bad\n(.|\n)*result\.error_if"):
        solve(jnp.array(1.0))
    with pytest.raises(eqx.EquinoxRuntimeError, match=r"\Aone more\n"):
        solve(jnp.array(2.0))
