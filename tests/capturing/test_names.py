"""Curves carry the names that the user's own code gives to the values."""

import dataclasses
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest

from eqxviz.records import MetricBatch, Series

from .conftest import Seen


@pytest.fixture
def both(seen: Seen) -> Any:
    """A jitted function that returns two scalars in a tuple."""

    @jax.jit
    def both(x):
        return x, -x

    return both


def test_a_tuple_of_targets_names_its_items(seen: Seen):
    @jax.jit
    def step(model):
        return jnp.sum(model), model, {"acc": jnp.max(model), "by class": (jnp.min(model),)}

    loss, model, metrics = step(jnp.arange(3.0))
    assert (float(loss), model.shape) == (3.0, (3,))
    assert metrics
    assert seen.curves == {"loss": [3.0], 'metrics["acc"]': [2.0], 'metrics["by class"][0]': [0.0]}


def test_nested_targets_and_stars_name_their_parts(seen: Seen):
    @jax.jit
    def step(x):
        return (x, {"a": x + 1}), x + 2, x + 3, x + 4

    (loss, aux), *rest = step(0.0)
    assert (float(loss), float(aux["a"]), len(rest)) == (0.0, 1.0, 3)
    assert list(seen.curves) == ["loss", 'aux["a"]', "rest[0]", "rest[1]", "rest[2]"]


def test_fields_of_named_tuples_and_dataclasses_are_named(seen: Seen):
    class State(NamedTuple):
        loss: Any
        norm: Any

    @jtu.register_dataclass
    @dataclasses.dataclass
    class Metrics:
        mean: Any
        total: Any

    @jax.jit
    def step(x):
        return State(x, x + 1), Metrics(x + 2, x + 3)

    state, metrics = step(0.0)
    assert (state.loss, metrics.mean) == (0.0, 2.0)
    assert list(seen.curves) == ["state.loss", "state.norm", "metrics.mean", "metrics.total"]


def test_attributes_items_and_annotations_are_targets(seen: Seen, both: Any):
    holder, history = SimpleNamespace(), {}
    holder.loss, history["norm"] = both(1.0)
    pair: Any = both(2.0)
    assert (history["norm"], float(pair[0])) == (-1.0, 2.0)
    if (walrus := both(3.0))[0] < 0:
        raise AssertionError(walrus)
    assert list(seen.curves) == [
        "holder.loss",
        'history["norm"]',
        "pair[0]",
        "pair[1]",
        "walrus[0]",
        "walrus[1]",
    ]


def test_a_conversion_and_a_part_of_the_result_keep_the_name(seen: Seen, both: Any):
    first = float(both(1.0)[0])
    second = both(1.0)[1].item()
    third = jax.block_until_ready(both(1.0))[0]
    assert (first, second, third) == (1.0, -1.0, 1.0)
    # Parts that nobody names go by the function's name.
    assert {"first", "second", "third", "both[0]", "both[1]"} == set(seen.curves)


def test_a_result_that_is_returned_is_named_by_the_caller(seen: Seen, both: Any):
    def train(x: float) -> Any:
        return both(x)

    class Trainer:
        def step(self, x: float) -> Any:
            return train(x)

    loss, norm = Trainer().step(1.0)
    assert (loss, norm) == (1.0, -1.0)
    assert list(seen.curves) == ["loss", "norm"]


def test_what_nobody_names_goes_by_the_functions_name(seen: Seen, both: Any):
    both(2.0)
    for i in range(2):
        _, second = both(3.0 + i)
    print(both(5.0))
    assert second == -4.0
    line = test_what_nobody_names_goes_by_the_functions_name.__code__.co_firstlineno
    assert seen.curves == {
        "both[0]": [2.0],
        "both[1]": [-2.0],
        f"both[0] (line {line + 3})": [3.0, 4.0],
        "second": [-3.0, -4.0],
        f"both[0] (line {line + 4})": [5.0],
        f"both[1] (line {line + 4})": [-5.0],
    }


def test_what_is_collected_goes_by_the_name_of_the_collection(seen: Seen, both: Any):
    @jax.jit
    def one(x):
        return x

    losses, history, more = [], {"loss": []}, []
    for x in (1.0, 2.0):
        losses.append(float(one(x)))
        history["loss"].append(one(-x).item())
        more += [one(3 * x)]
    both_lists = list(one(x) for x in (5.0, 6.0))  # noqa: C400 - that is what is tried
    assert (losses, history["loss"], len(more), len(both_lists)) == ([1, 2], [-1, -2], 2, 2)
    pairs = []
    pairs.append((0, both(1.0)[1]))
    assert seen.curves == {
        "losses": [1.0, 2.0],
        'history["loss"]': [-1.0, -2.0],
        "more": [3.0, 6.0],
        "both_lists": [5.0, 6.0],
        "both[0]": [1.0],
        "pairs[1]": [-1.0],
    }


def test_dicts_and_keywords_name_what_they_are_given(seen: Seen):
    @jax.jit
    def one(x):
        return x

    def report(values=None, **more):
        return values or more

    metrics = {"loss": one(1.0), "acc": float(one(2.0))}
    pair = [one(3.0), one(4.0)]
    assert report({"norm": one(5.0)})
    assert report(scale=one(6.0))
    made = dict(rate=one(7.0))  # noqa: C408 - that is what is tried
    assert (metrics["acc"], len(pair), len(made)) == (2.0, 2, 1)
    assert seen.curves == {
        'metrics["loss"]': [1.0],
        'metrics["acc"]': [2.0],
        "pair[0]": [3.0],
        "pair[1]": [4.0],
        "norm": [5.0],
        "scale": [6.0],
        "rate": [7.0],
    }


def test_a_part_of_what_is_computed_from_a_result_is_no_name_of_it(seen: Seen):
    @jax.jit
    def one(x):
        return x

    total = 0.0
    total += one(1.0)
    negative = -one(2.0)
    assert (float(total), float(negative)) == (1.0, -2.0)
    assert [name.partition(" ")[0] for name in seen.curves] == ["one", "one"]


def test_one_function_at_two_places_gives_two_curves(seen: Seen, both: Any):
    train, _ = both(1.0)
    valid, _ = both(2.0)
    assert (train, valid) == (1.0, 2.0)
    curves = seen.curves
    assert (curves["train"], curves["valid"]) == ([1.0], [2.0])


def test_equal_names_of_two_functions_are_told_apart(seen: Seen):
    first, second = (jax.jit(lambda x, i=i: x + i) for i in range(2))

    @jax.jit
    def evaluate(x):
        return x

    loss = first(1.0)
    loss = evaluate(2.0)
    assert loss == 2.0
    assert seen.curves == {"loss": [1.0], "loss (evaluate)": [2.0]}
    second(5.0)


def test_a_series_knows_its_function_and_its_line(seen: Seen, both: Any):
    one, _ = both(1.0)
    assert one == 1.0
    (batch,) = seen.of(MetricBatch)
    series: Series = batch.new_series[0]
    assert (series.name, series.function, series.file) == (
        "one",
        seen.functions["both"].id,
        __file__,
    )
    assert series.line == test_a_series_knows_its_function_and_its_line.__code__.co_firstlineno + 1


def test_results_that_change_their_structure_lose_no_scalar(seen: Seen):
    from functools import partial

    @partial(jax.jit, static_argnums=1)
    def step(x, detailed):
        return {"loss": x, "norm": x + 1} if detailed else {"loss": x}

    for i in range(6):
        out = step(float(i), i % 2 == 1)
    assert out
    assert seen.curves == {
        'out["loss"]': [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        'out["norm"]': [2.0, 4.0, 6.0],
    }


def test_every_type_of_number_is_a_curve_and_arrays_are_not(seen: Seen):
    @jax.jit
    def step(x):
        return {
            "half": x.astype(jnp.float16),
            "brain": x.astype(jnp.bfloat16),
            "whole": x.astype(jnp.int32),
            "flag": x > 0,
            "row": x[None],
            "complex": x + 1j,
            "key": jax.random.key(0),
        }

    out = step(np.float32(1.5))
    assert out
    assert seen.curves == {
        'out["half"]': [1.5],
        'out["brain"]': [1.5],
        'out["whole"]': [1.0],
        'out["flag"]': [1.0],
    }


def test_a_choice_a_list_and_one_of_several_values_are_named(seen: Seen, both: Any):
    @jax.jit
    def one(x):
        return x

    chosen = one(1.0) if seen is not None else 0.0
    several = [one(x) for x in (2.0, 3.0)]
    (first, second), other = both(4.0), one(5.0)
    assert [float(x) for x in (chosen, *several, first, second, other)] == [1, 2, 3, 4, -4, 5]
    assert seen.curves == {
        "chosen": [1.0],
        "several": [2.0, 3.0],
        "first": [4.0],
        "second": [-4.0],
        "other": [5.0],
    }


def test_two_functions_of_one_name_are_told_apart_by_their_lines(seen: Seen):
    def made(scale):
        if scale > 1:

            @jax.jit
            def step(x):
                return x * scale
        else:

            @jax.jit
            def step(x):
                return x + scale

        return step

    def train(step):
        loss = step(1.0)
        assert loss

    train(made(2.0))
    train(made(1.0))
    first, second = seen.curves
    assert first == "loss"
    assert second.startswith("loss (step, line ")


@jax.tree_util.register_pytree_node_class
class Results:
    def __init__(self, loss, metrics):
        self.loss, self.metrics = loss, metrics

    def tree_flatten(self):
        return (self.loss, None, self.metrics), None

    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls(children[0], children[2])


def test_attributes_of_a_class_that_is_registered_without_names_are_named(seen: Seen):
    @jax.jit
    def step(x):
        return Results(jnp.sum(x), {"mean": jnp.mean(x)})

    results = step(jnp.ones(3))
    assert isinstance(results, Results)
    assert seen.curves == {"results.loss": [3.0], 'results.metrics["mean"]': [1.0]}


def test_scalars_of_modules_are_named_by_their_fields(seen: Seen):
    import equinox

    import eqxcore

    for library in (eqxcore, equinox):

        class Metrics(library.Module):
            loss: Any
            parts: dict[str, Any]

        @library.filter_jit
        def step(x, made=Metrics):
            return x * 2, made(x, {"l2": x + 1})

        x, metrics = step(jnp.ones(()))
        assert (float(x), float(metrics.loss)) == (2.0, 1.0)
    assert list(seen.curves)[:3] == ["x", "metrics.loss", 'metrics.parts["l2"]']
    assert len(seen.curves) == 6
