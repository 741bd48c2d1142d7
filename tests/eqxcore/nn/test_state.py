"""State: what holds a value, what replaces it, and what is said of misuse."""

import copy
import gc
import pickle
import weakref
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import pytest

import eqxcore as eqx
from eqxcore.nn import State, StateIndex, make_with_state


class Counter(eqx.Module):
    """Adds the number of the call to its input."""

    index: StateIndex

    def __init__(self, start: Any = 0) -> None:
        self.index = StateIndex(jnp.array(start, jnp.int32))

    def __call__(self, x: Any, state: State) -> tuple[Any, State]:
        count = state.get(self.index)
        return x + count, state.set(self.index, count + 1)


class Pair(eqx.Module):
    """Two counters."""

    one: Counter
    two: Counter

    def __init__(self) -> None:
        self.one = Counter(1)
        self.two = Counter(2)


@pytest.fixture
def made() -> tuple[Pair, State]:
    return make_with_state(Pair)()


def test_a_state_is_named_after_the_place_of_its_index(made: tuple[Pair, State]) -> None:
    assert repr(made[1]) == "State(Pair.one.index=i32[], Pair.two.index=i32[])"


def test_the_leaves_of_a_state_have_paths_that_name_them(made: tuple[Pair, State]) -> None:
    paths = [jtu.keystr(path) for path, _ in jtu.tree_leaves_with_path(made)]
    assert paths == ["[1]['Pair.one.index']", "[1]['Pair.two.index']"]


def test_models_made_alike_share_compiled_code() -> None:
    n_traces = 0

    @eqx.filter_jit
    def call(model: Counter, state: State) -> Any:
        nonlocal n_traces
        n_traces += 1
        return model(1, state)

    for start in (1, 2, 3):
        call(*make_with_state(Counter)(start))
    assert n_traces == 1


def test_a_layer_in_two_places_has_two_states() -> None:
    counter = Counter()
    (one, two), state = make_with_state(lambda: (counter, counter))()
    state = state.set(one.index, jnp.array(5, jnp.int32))
    assert (int(state.get(one.index)), int(state.get(two.index))) == (5, 0)


def test_make_with_state_looks_like_what_it_makes() -> None:
    assert make_with_state(Pair).__name__ == "Pair"
    assert make_with_state(Pair).__doc__ == Pair.__doc__


def test_the_model_no_longer_holds_the_initial_state(made: tuple[Pair, State]) -> None:
    array = jnp.ones(1000)
    model, state = make_with_state(lambda: [StateIndex(array)])()
    assert jtu.tree_leaves(model) == []
    kept = weakref.ref(state)
    del state
    gc.collect()
    assert kept() is None


def test_a_state_has_no_other_attributes(made: tuple[Pair, State]) -> None:
    with pytest.raises(AttributeError, match="other"):
        made[1].other = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_a_state_is_pickled(made: tuple[Pair, State]) -> None:
    assert eqx.tree_equal(pickle.loads(pickle.dumps(made[1])), made[1])


def test_a_copy_outlives_the_state_it_was_made_from(made: tuple[Pair, State]) -> None:
    model, state = made
    kept = copy.copy(state)
    _, state = model.one(0, state)
    assert int(kept.get(model.one.index)) == 1
    assert int(state.get(model.one.index)) == 2


def test_an_update_keeps_the_order_of_the_values(made: tuple[Pair, State]) -> None:
    model, state = made
    structure = jtu.tree_structure(state)
    part = model.two(0, state.substate(model.two))[1]
    assert jtu.tree_structure(state.update(part)) == structure


def test_ensembles_have_a_state_each() -> None:
    models, states = eqx.filter_vmap(make_with_state(Counter))(jnp.arange(3))
    call = eqx.filter_vmap(lambda model, x, state: model(x, state), in_axes=(0, None, 0))
    x, states = call(models, 10, states)
    assert x.tolist() == [10, 11, 12]
    assert states.get(models.index).tolist() == [1, 2, 3]


def test_a_donated_state_is_replaced(made: tuple[Pair, State]) -> None:
    model, state = made
    step = eqx.filter_jit(lambda model, state: model.one(0, state)[1], donate="all-except-first")
    for _ in range(3):
        state = step(model, state)
    assert int(state.get(model.one.index)) == 4


def test_a_file_of_a_state_names_what_does_not_fit(made: tuple[Pair, State], tmp_path: Any) -> None:
    eqx.tree_serialise_leaves(tmp_path / "state", made)
    other = make_with_state(lambda: (StateIndex(1), StateIndex(jnp.ones(2))))()
    with pytest.raises(RuntimeError, match=r"\['tuple\[0\]'\]"):
        eqx.tree_deserialise_leaves(tmp_path / "state", (Pair(), other[1]))


def test_an_old_state_is_refused_with_what_to_do(made: tuple[Pair, State]) -> None:
    model, state = made
    model.one(0, state)
    assert repr(state) == "State(~old~)"
    message = r"Attempted to use old state(.|\n)*must be given `state2`(.|\n)*tree_map"
    for use in (
        lambda: model.two(0, state),
        lambda: state.get(model.one.index),
        lambda: state.substate(model.one),
        lambda: state.update(state),
        lambda: jax.jit(lambda s: s)(state),
    ):
        with pytest.raises(ValueError, match=message):
            use()


def test_the_state_of_another_model_is_refused_by_name(made: tuple[Pair, State]) -> None:
    model, _ = made
    other = make_with_state(Counter)()[1]
    with pytest.raises(
        KeyError,
        match=r"^This `State` holds nothing for `Pair.one.index`: it holds `Counter.index`",
    ):
        other.get(model.one.index)


def test_an_index_by_itself_is_refused(made: tuple[Pair, State]) -> None:
    with pytest.raises(KeyError, match=r"an unnamed `StateIndex`: .*make_with_state\(Model\)"):
        made[1].get(StateIndex(1))


@pytest.mark.parametrize("key", [5, "Pair.one.index", None])
def test_a_key_that_is_no_index_is_refused(made: tuple[Pair, State], key: Any) -> None:
    with pytest.raises(ValueError, match=rf"Can only use `StateIndex`es.*{type(key).__name__}"):
        made[1].get(key)


def test_a_value_of_another_form_is_refused_and_the_state_stays(made: tuple[Pair, State]) -> None:
    model, state = made
    with pytest.raises(
        ValueError, match=r"`Pair.one.index` is i32\[\] and the new value is f32\[3"
    ):
        state.set(model.one.index, jnp.ones(3))
    assert int(state.get(model.one.index)) == 1


def test_a_weak_type_is_explained(made: tuple[Pair, State]) -> None:
    model, state = made
    with pytest.raises(
        ValueError, match=r"new value is weak_i32\[\].*A `weak_` dtype is that of a"
    ):
        state.set(model.one.index, 4)


def test_an_update_by_more_than_a_substate_is_refused(made: tuple[Pair, State]) -> None:
    model, state = made
    with pytest.raises(ValueError, match=r"`state2` also holds `Pair.two.index`, `state1` only"):
        state.substate(model.one).update(state)
    with pytest.raises(ValueError, match=r"was given a `int`"):
        state.update(5)  # pyright: ignore[reportArgumentType]


def test_a_model_without_initial_states_is_refused(made: tuple[Pair, State]) -> None:
    with pytest.raises(ValueError, match=r"`Pair.one.index`.*`model, state = make_with_state"):
        State(made[0])
