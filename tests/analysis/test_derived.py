"""The gradient, the training step and the vmapped call of a function, as graphs."""

import sys
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import pytest

import eqxcore
from eqxviz.analysis import graph_of, parse_call
from eqxviz.analysis.derived import Call, NotDrawnError, derived_call, unbound_axis
from eqxviz.analysis.tracing import argument_names
from eqxviz.records import DrawnAs, EquationFlag, Graph, GroupKind, ValueOrigin

KEY = jax.random.key(0)
LIBRARIES = pytest.mark.parametrize("eqx", [eqxcore, equinox])


def drawn(fn: Any, text: str, drawn_as: DrawnAs, batch: int = 0, **variables: Any) -> Graph:
    args, kwargs = parse_call(text, variables)
    call = Call(fn, args, kwargs, argument_names(fn, len(args)))
    made = derived_call(call, "model", drawn_as, batch)
    made = made.call
    return graph_of(
        made.fn, made.args, made.kwargs, title="model", argument_names=made.names, name="model"
    )


def types_of(graph: Graph, values: Any) -> list[str]:
    return [graph.text(int(graph.value_aval[value])) for value in values]


def arguments(graph: Graph) -> list[str]:
    paths = [graph.text(int(p)) for p in graph.value_path[graph.taken_by(0)]]
    return [path for path in paths if path]


def mlp(eqx: Any) -> Any:
    return eqx.nn.MLP(3, 2, 8, 1, key=KEY)


@LIBRARIES
def test_a_gradient_is_with_respect_to_the_models_floating_arrays(eqx: Any):
    graph = drawn(mlp(eqx), "f32[3]", DrawnAs.GRADIENT)
    names = [graph.text(int(name)) for name in graph.output_names]
    assert names == [f".layers[{i}].{leaf}" for i in (0, 1) for leaf in ("weight", "bias")]
    assert types_of(graph, graph.outputs) == ["f32[8,3]", "f32[8]", "f32[2,8]", "f32[2]"]
    assert (graph.equation_flags & EquationFlag.BACKWARD).any()
    modules = {graph.text(int(n)) for n in graph.group_name[graph.group_kind == GroupKind.MODULE]}
    assert {"model", "model.layers[0]", "model.layers[1]"} <= modules


@LIBRARIES
def test_a_vmapped_call_has_its_axis_in_the_inputs_and_not_in_the_model(eqx: Any):
    graph = drawn(mlp(eqx), "f32[3]", DrawnAs.VMAP, 16)
    assert types_of(graph, graph.outputs) == ["f32[16,2]"]
    assert types_of(graph, graph.taken_by(0)[:1]) == ["f32[8,3]"]


@LIBRARIES
def test_a_training_step_gives_the_model_and_the_state_of_its_optimiser(eqx: Any):
    graph = drawn(mlp(eqx), "f32[3]", DrawnAs.STEP, 4)
    names = [graph.text(int(name)) for name in graph.output_names]
    assert names[0] == "[0].layers[0].weight"
    assert "[1][0].mu.layers[1].bias" in names
    assert "opt_state[0].nu.layers[0].weight" in arguments(graph)


def test_keys_get_the_axis_too():
    dropout = eqxcore.nn.Dropout(0.5)
    graph = drawn(dropout, "f32[3] key=key<fry>[]", DrawnAs.VMAP, 5)
    assert "key<fry>[5]" in types_of(graph, graph.taken_by(0))


def test_the_gradient_of_a_plain_function_is_of_its_first_floating_argument():
    def loss(steps: Any, params: Any, x: Any) -> Any:
        return jnp.mean(params["w"] * x) * steps, steps

    params = {"w": jnp.ones(3), "n": 2}
    graph = drawn(loss, "i32[] params f32[3]", DrawnAs.GRADIENT, params=params)
    assert [graph.text(int(name)) for name in graph.output_names] == ["[0]['w']", "[1]"]


def with_penalty(p: Any, x: Any) -> Any:
    return jnp.mean(p * x), {"penalty": jnp.sum(p) * 100.0}


@pytest.mark.parametrize("batch", [0, 4])
def test_the_gradient_of_a_loss_with_aux_is_that_of_the_loss(batch: int):
    p, x = jnp.arange(3.0), jnp.ones((4, 3)) if batch else jnp.ones(3)
    args, _ = parse_call("p f32[3]", {"p": p})
    made = derived_call(
        Call(with_penalty, args, {}, ["p", "x"]), "loss", DrawnAs.GRADIENT, batch
    ).call
    _, *others = made.args
    gradient, aux = made.fn(p, *[x if isinstance(a, jax.ShapeDtypeStruct) else a for a in others])
    assert jnp.allclose(gradient, batch / 3 if batch else 1 / 3)
    assert jnp.allclose(aux["penalty"], 300.0)


def test_a_training_step_of_a_loss_with_aux_returns_the_aux_too():
    graph = drawn(with_penalty, "p f32[3]", DrawnAs.STEP, p=jnp.ones(3))
    assert graph.text(int(graph.output_names[-1])) == "[2]['penalty']"
    primitives = [graph.text(int(p)) for p in graph.equation_primitive]
    assert "add_any" not in primitives


@pytest.mark.parametrize(
    ("fn", "batch", "said"),
    [
        (lambda x: x.sum(), 0, []),
        (lambda x: {"loss": x.sum(), "n": 3}, 0, []),
        (lambda x: x.sum(), 4, ["the sum"]),
        (lambda x: x * 2, 0, ["the sum"]),
        (lambda x: (x * 2, x.sum()), 0, ["the sum of all results"]),
        (lambda x: (x.sum(), x, "text"), 0, ["the first result, the rest aux"]),
        (lambda x: (x.sum(), x), 4, ["the first result's sum, the rest aux"]),
    ],
)
def test_it_is_said_of_what_the_gradient_is_if_not_of_all_that_is_returned(
    fn: Any, batch: int, said: list[str]
):
    args, _ = parse_call("f32[3]", {})
    made = derived_call(Call(fn, args, {}, ["x"]), "loss", DrawnAs.GRADIENT, batch)
    graph_of(made.call.fn, made.call.args, {}, title="loss", argument_names=made.call.names)
    assert made.objective == said


@pytest.mark.parametrize(
    "collective",
    [jax.lax.pmean, jax.lax.all_gather, lambda x, name: x + jax.lax.axis_index(name)],
)
def test_the_axis_that_is_not_bound_is_found_in_what_jax_raises(collective: Any):
    def model(x: Any) -> Any:
        try:
            return collective(x, "batch")
        except NameError:
            raise NameError("this layer needs a map around it") from None

    with pytest.raises(NameError) as raised:
        jax.eval_shape(model, jnp.ones(3))
    assert unbound_axis(raised.value) == "batch"
    assert unbound_axis(NameError("name 'x' is not defined")) == ""


@LIBRARIES
def test_a_jitted_function_is_differentiated_through_its_jit(eqx: Any):
    jitted = eqx.filter_jit(lambda model, x: model(x).sum())
    graph = drawn(jitted, "model f32[3]", DrawnAs.GRADIENT, model=mlp(eqx))
    assert len(graph.outputs) == 4


def test_a_single_scalar_is_not_summed():
    graph = drawn(lambda x: (x * x).sum(), "f32[3]", DrawnAs.GRADIENT)
    sums = [graph.text(int(p)) for p in graph.equation_primitive].count("reduce_sum")
    assert sums == 1


def test_a_complex_result_counts_by_its_real_part():
    graph = drawn(lambda x: x * 1j, "f32[3]", DrawnAs.GRADIENT)
    assert types_of(graph, graph.outputs) == ["f32[3]"]


def test_nothing_of_the_model_becomes_a_constant():
    graph = drawn(mlp(eqxcore), "f32[3]", DrawnAs.STEP, 4)
    constants = graph.value_origin == ValueOrigin.CONSTANT
    assert not constants.any()


@pytest.mark.parametrize(
    ("fn", "text", "drawn_as", "reason", "fix"),
    [
        (lambda n: n + 1, "i32[]", DrawnAs.GRADIENT, "Neither model nor its arg", "f32"),
        (lambda x: x > 0, "f32[3]", DrawnAs.GRADIENT, "model returns no array of fl", "forward"),
        (lambda x: x, "0.5", DrawnAs.VMAP, "No argument of model is written as", "variables"),
    ],
)
def test_what_is_not_there_to_be_drawn_is_said_with_what_to_do(
    fn: Any, text: str, drawn_as: DrawnAs, reason: str, fix: str
):
    with pytest.raises(NotDrawnError, match=reason) as raised:
        drawn(fn, text, drawn_as, 4 if drawn_as is DrawnAs.VMAP else 0)
    assert fix in raised.value.fix


def test_a_step_without_optax_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "optax", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(NotDrawnError, match="optimiser of Optax, which is not installed"):
        drawn(lambda x: x, "f32[3]", DrawnAs.STEP)
