import threading
from pathlib import Path
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import eqxcore
from eqxviz.analysis import graph_of, model_tree
from eqxviz.records import EquationFlag, EquationKind, Graph, GroupKind, ValueOrigin

KEY = jax.random.key(0)
LIBRARIES = [pytest.param(eqxcore, id="eqxcore"), pytest.param(equinox, id="equinox")]


def groups(graph: Graph, kind: GroupKind) -> list[str]:
    return [
        graph.text(graph.group_name[g])
        for g in range(len(graph.group_kind))
        if graph.group_kind[g] == kind
    ]


def group_path(graph: Graph, group: int) -> list[str]:
    """Names from the root to a group, without the root."""
    names: list[str] = []
    while group > 0:
        names.append(graph.text(graph.group_name[group]))
        group = int(graph.group_parent[group])
    return names[::-1]


def primitives(graph: Graph) -> list[str]:
    return [graph.text(p) for p in graph.equation_primitive]


def argument_names(graph: Graph) -> list[str]:
    arguments = (graph.value_origin == ValueOrigin.ARGUMENT) & (graph.value_outer < 0)
    return [graph.text(p) for p in graph.value_path[arguments]]


def train_step(eqx: Any) -> tuple[Any, Any, tuple[Any, ...]]:
    """A jitted Adam step of a small model, the model, and the arguments of a call."""
    optimiser = optax.adam(1e-3)
    model = eqx.nn.MLP(2, 1, 4, 2, key=KEY)

    @eqx.filter_jit
    def step(model: Any, state: Any, x: jax.Array, y: jax.Array) -> Any:
        @eqx.filter_value_and_grad
        def loss_of(model: Any) -> jax.Array:
            return jnp.mean((jax.vmap(model)(x) - y) ** 2)

        loss, gradients = loss_of(model)
        updates, state = optimiser.update(gradients, state, model)
        return loss, eqx.apply_updates(model, updates), state

    state = optimiser.init(eqx.filter(model, eqx.is_array))
    return step, model, (model, state, jnp.ones((5, 2)), jnp.ones((5, 1)))


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_the_call_of_a_model_is_grouped_by_its_layers(eqx: Any):
    model = eqx.nn.MLP(2, 1, 4, 2, key=KEY)
    graph = graph_of(model, (jax.ShapeDtypeStruct((2,), jnp.float32),), {}, title="model")
    graph.check()
    layers = [f"model.layers[{i}]" for i in range(3)]
    assert groups(graph, GroupKind.MODULE) == layers
    assert groups(graph, GroupKind.SCOPE) == []
    matmuls = np.flatnonzero(graph.equation_kind == EquationKind.MATMUL)
    assert [group_path(graph, int(graph.equation_group[e])) for e in matmuls] == [
        [name] for name in layers
    ]
    weights = [graph.text(graph.value_path[graph.inputs_of(int(e))[0]]) for e in matmuls]
    assert weights == [f"{name}.weight" for name in layers]
    assert argument_names(graph)[-1] == "x"
    assert graph.text(graph.value_aval[graph.outputs[0]]) == "f32[1]"


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_names_of_arguments_are_paths_of_the_models_tree(eqx: Any):
    model = eqx.nn.MLP(2, 1, 4, 2, key=KEY)
    tree = model_tree(model, "model", 0)
    paths = {tree.path(n) for n in range(len(tree))}
    graph = graph_of(model, (jnp.ones(2),), {}, title="model")
    assert set(argument_names(graph)[:-1]) <= paths
    assert set(groups(graph, GroupKind.MODULE)) <= paths


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_training_step_has_forward_and_backward_groups_of_each_layer(eqx: Any):
    step, _, args = train_step(eqx)
    graph = graph_of(step, args, {}, title="step")
    graph.check()
    names = groups(graph, GroupKind.MODULE)
    assert sorted(names) == sorted(2 * ["model", *(f"model.layers[{i}]" for i in range(3))])
    backward = (graph.equation_flags & EquationFlag.BACKWARD) > 0
    of_group: dict[int, set[bool]] = {}
    for group, flag in zip(graph.equation_group.tolist(), backward.tolist(), strict=True):
        of_group.setdefault(group, set()).add(flag)
    modules = [g for g in of_group if graph.group_kind[g] == GroupKind.MODULE]
    assert all(len(of_group[g]) == 1 for g in modules)
    assert graph.text(graph.output_names[0]) == "[0]"
    assert graph.text(graph.output_names[1]) == "[1].layers[0].weight"
    assert "state[0].mu.layers[0].weight" in argument_names(graph)


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_every_equation_of_a_step_has_a_line_of_this_file(eqx: Any):
    step, _, args = train_step(eqx)
    graph = graph_of(step, args, {}, title="step", project_root=str(Path(__file__).parent))
    assert np.all(graph.equation_source >= 0)
    assert {graph.text(f) for f in graph.source_file} == {__file__}
    functions = {graph.text(f).rsplit(".", 1)[-1] for f in graph.source_function}
    assert functions == {"step", "loss_of"}


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_drawing_leaves_no_trace_in_later_calls(eqx: Any):
    step, model, args = train_step(eqx)
    before = vars(type(model))["__call__"]
    first = step(*args)
    graph_of(step, args, {}, title="step")
    assert vars(type(model))["__call__"] is before
    again = step(*args)
    assert float(first[0]) == float(again[0])
    printed = str(eqx.filter_make_jaxpr(step)(*args)[0])
    assert "eqxviz" not in printed


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_what_was_traced_before_is_named_too(eqx: Any):
    step, _, args = train_step(eqx)
    step(*args)
    graph = graph_of(step, args, {}, title="step")
    assert "model.layers[0]" in groups(graph, GroupKind.MODULE)


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_drawing_twice_gives_the_same_record(eqx: Any):
    step, _, args = train_step(eqx)
    first = graph_of(step, args, {}, title="step")
    assert graph_of(step, args, {}, title="step") == first


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_module_called_twice_has_two_groups(eqx: Any):
    class Twice(eqx.Module):
        layer: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            return self.layer(jnp.tanh(self.layer(x)))

    graph = graph_of(Twice(eqx.nn.Linear(2, 2, key=KEY)), (jnp.ones(2),), {}, title="model")
    assert groups(graph, GroupKind.MODULE) == ["model.layer", "model.layer"]


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_modules_are_found_in_containers_under_vmap_scan_and_remat(eqx: Any):
    class Block(eqx.Module):
        linear: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            return jax.nn.relu(self.linear(x))

    class Model(eqx.Module):
        first: Block
        rest: dict[str, Block]
        last: list[Block]

        def __call__(self, x: jax.Array) -> jax.Array:
            x = jax.vmap(self.first)(x)
            x = jax.checkpoint(lambda y: jax.vmap(self.rest["a"])(y))(x)
            return jax.lax.scan(lambda c, y: (c, self.last[1](y)), 0.0, x)[1]

    def block() -> Block:
        return Block(eqx.nn.Linear(2, 2, key=KEY))

    model = Model(block(), {"a": block()}, [block(), block()])
    graph = graph_of(model, (jnp.ones((3, 2)),), {}, title="model")
    assert set(groups(graph, GroupKind.MODULE)) == {
        "model.first",
        "model.first.linear",
        "model.rest['a']",
        "model.rest['a'].linear",
        "model.last[1]",
        "model.last[1].linear",
    }


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_module_rebuilt_by_a_transformation_is_found_by_its_structure(eqx: Any):
    class Pair(eqx.Module):
        wide: Any
        narrow: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            return eqx.filter_vmap(self.narrow)(eqx.filter_vmap(self.wide)(x))

    pair = Pair(eqx.nn.Linear(2, 8, key=KEY), eqx.nn.Linear(8, 2, key=KEY))
    graph = graph_of(pair, (jnp.ones((3, 2)),), {}, title="pair")
    assert groups(graph, GroupKind.MODULE) == ["pair.wide", "pair.narrow"]


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_module_made_inside_the_function_goes_by_its_class(eqx: Any):
    def f(x: jax.Array) -> jax.Array:
        return eqx.nn.Linear(2, 3, key=jax.random.key(1))(x)

    graph = graph_of(f, (jnp.ones(2),), {}, title="f")
    assert groups(graph, GroupKind.MODULE) == ["Linear"]


def test_calls_in_another_thread_are_not_named():
    model = eqxcore.nn.Linear(2, 3, key=KEY)
    elsewhere: list[str] = []

    def call_it() -> None:
        jaxpr = jax.make_jaxpr(lambda x: model(x))(jnp.ones(2))
        elsewhere.extend(str(e.source_info.name_stack) for e in jaxpr.eqns)

    def f(x: jax.Array) -> jax.Array:
        thread = threading.Thread(target=call_it)
        thread.start()
        thread.join()
        return model(x)

    graph = graph_of(f, (jnp.ones(2),), {}, title="f")
    assert groups(graph, GroupKind.MODULE) == ["model"]
    assert elsewhere
    assert not any("eqxviz" in name for name in elsewhere)


def test_two_threads_draw_at_once_with_names_of_their_own():
    model = eqxcore.nn.MLP(2, 1, 4, 2, key=KEY)
    before = vars(eqxcore.nn.MLP)["__call__"]
    drawn: dict[str, list[str]] = {}
    start = threading.Barrier(4)

    def draw(name: str) -> None:
        start.wait()
        for _ in range(3):
            graph = graph_of(model, (jnp.ones(2),), {}, title=name)
        drawn[name] = groups(graph, GroupKind.MODULE)

    threads = [threading.Thread(target=draw, args=(f"m{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn == {f"m{i}": [f"m{i}.layers[{j}]" for j in range(3)] for i in range(4)}
    assert vars(eqxcore.nn.MLP)["__call__"] is before


def test_an_error_while_tracing_undoes_the_naming():
    before = vars(eqxcore.nn.Linear)["__call__"]
    with pytest.raises(TypeError, match=r"one of shape `\(5,\)`"):
        graph_of(eqxcore.nn.Linear(2, 3, key=KEY), (jnp.ones(5),), {}, title="model")
    assert vars(eqxcore.nn.Linear)["__call__"] is before


def test_scopes_of_the_user_are_groups():
    def f(x: jax.Array) -> jax.Array:
        with jax.named_scope("outer"), jax.named_scope("inner"):
            return x + 1

    graph = graph_of(f, (jnp.ones(2),), {}, title="f")
    assert groups(graph, GroupKind.SCOPE) == ["outer", "inner"]
    assert group_path(graph, int(graph.equation_group[0])) == ["outer", "inner"]


def test_a_plain_function_names_its_arguments_and_results():
    def f(params: dict[str, jax.Array], *rest: jax.Array, scale: jax.Array) -> Any:
        y = rest[0] @ params["w"].T + rest[1]
        return {"y": y * scale, "n": 3, "first": y[0]}

    args = ({"w": jnp.ones((4, 3))}, jnp.ones((5, 3)), np.ones(4, np.float32))
    graph = graph_of(f, args, {"scale": jnp.asarray(2.0)}, title="f")
    assert argument_names(graph) == ["params['w']", "rest[0]", "rest[1]", "scale"]
    assert [graph.text(n) for n in graph.output_names] == ["['first']", "['y']"]
    transposed = primitives(graph).index("transpose")
    moved = int(graph.outputs_of(transposed)[0])
    assert graph.text(graph.value_path[moved]) == "params['w']"


def test_names_of_arguments_can_be_given():
    graph = graph_of(
        lambda *a: a[0] + a[1], (jnp.ones(2), 1.0), {}, title="f", argument_names=["x", "by"]
    )
    assert argument_names(graph) == ["x"]


def test_donated_arguments_can_be_drawn():
    x = jnp.ones(3)
    step = jax.jit(lambda x: x + 1, donate_argnums=0)
    step(x)
    assert x.is_deleted()
    assert primitives(graph_of(step, (x,), {}, title="step")) == ["add"]


def test_a_jitted_function_is_drawn_as_its_body():
    @jax.jit
    @jax.jit
    def f(x: jax.Array, y: jax.Array) -> Any:
        return y, jnp.sin(x), x, 2.0

    graph = graph_of(f, (jnp.ones(2), jnp.ones(3)), {}, title="f")
    assert primitives(graph) == ["sin"]
    assert len(graph.group_parent) == 1
    texts = [graph.text(graph.value_path[v]) for v in graph.outputs[[0, 2]]]
    assert texts == ["y", "x"]
    assert graph.value_producer[graph.outputs[1]] == 0


def test_constants_and_literals_are_values_of_their_own():
    table = jnp.arange(3.0)
    graph = graph_of(lambda x: x * table + 2.0, (jnp.ones(3),), {}, title="f")
    origins = graph.value_origin.tolist()
    assert origins.count(ValueOrigin.CONSTANT) == 1
    literal = int(np.flatnonzero(graph.value_origin == ValueOrigin.LITERAL)[0])
    assert graph.text(graph.value_aval[literal]) == "2.0:f32[]"


def test_effects_are_flagged():
    def f(x: jax.Array) -> jax.Array:
        jax.debug.print("{}", x)
        return x + 1

    graph = graph_of(f, (jnp.ones(2),), {}, title="f")
    flags = dict(zip(primitives(graph), graph.equation_flags.tolist(), strict=True))
    assert flags["add"] == 0
    effects = [e for e, f in enumerate(graph.equation_flags.tolist()) if f & EquationFlag.EFFECT]
    assert len(effects) == 1
    assert graph.equation_kind[effects[0]] == EquationKind.CALLBACK


def test_parameters_are_short_and_leave_out_nested_jaxprs():
    def f(x: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda c, a: (c + a, c), x[0], x)[0]

    graph = graph_of(f, (jnp.ones((5, 3)),), {}, title="f")
    texts = {
        name: graph.text(p)
        for name, p in zip(primitives(graph), graph.equation_params, strict=True)
    }
    assert "length=5" in texts["scan"]
    assert "lambda" not in texts["scan"]
    assert "None" not in texts["scan"]  # JAX 0.11 keeps there how its inputs are nested
    assert all(len(text) <= 400 for text in texts.values())


def test_a_function_of_a_tree_of_shapes_allocates_nothing():
    huge = jax.ShapeDtypeStruct((1 << 20, 1 << 20), jnp.float32)
    graph = graph_of(lambda x: (x @ x).sum(), (huge,), {}, title="f")
    assert primitives(graph) == ["dot_general", "reduce_sum"]


def test_nothing_returned_is_a_graph_without_outputs():
    graph = graph_of(lambda x: None, (jnp.ones(2),), {}, title="f")
    graph.check()
    assert (len(graph), len(graph.outputs)) == (0, 0)


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_layers_that_share_one_jitted_jaxpr_keep_their_own_names(eqx: Any):
    @jax.jit
    def wide_then_narrow(block: Any, x: jax.Array) -> jax.Array:
        return block.narrow(jnp.tanh(block.wide(x)))

    class Block(eqx.Module):
        wide: Any
        narrow: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            return eqx.filter_jit(lambda block, x: block.narrow(jnp.tanh(block.wide(x))))(self, x)

    class Shared(eqx.Module):
        wide: Any
        narrow: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            return wide_then_narrow(eqx.filter(self, eqx.is_array), x)

    def block(cls: Any) -> Any:
        return cls(eqx.nn.Linear(2, 8, key=KEY), eqx.nn.Linear(8, 2, key=KEY))

    for cls in (Block, Shared):
        model = [block(cls), block(cls)]
        graph = graph_of(
            lambda model, x: model[1](model[0](x)), (model, jnp.ones(2)), {}, title="f"
        )
        assert set(groups(graph, GroupKind.MODULE)) == {
            f"model[{i}]{layer}" for i in range(2) for layer in ("", ".wide", ".narrow")
        }


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_names_follow_those_of_the_arguments(eqx: Any):
    model = eqx.nn.MLP(2, 1, 4, 1, key=KEY)
    loss = eqx.filter_jit(lambda model, x: model(x).sum())
    for name in ("net", "other"):
        graph = graph_of(
            lambda m, x: loss(m, x) + 1, (model, jnp.ones(2)), {}, title="f",
            argument_names=[name, "x"],
        )  # fmt: skip
        assert groups(graph, GroupKind.MODULE)[0] == name


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_layer_handed_down_is_found_where_it_is_kept(eqx: Any):
    class Inner(eqx.Module):
        own: Any

        def __call__(self, x: jax.Array, lent: Any) -> jax.Array:
            return lent(self.own(x))

    class Outer(eqx.Module):
        inner: Inner
        lent: Any
        spare: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            return self.inner(x, self.lent)

    keys = jax.random.split(KEY, 3)
    own, lent, spare = (eqx.nn.Linear(2, 2, key=k) for k in keys)
    loss = eqx.filter_grad(lambda model, x: model(x).sum())
    graph = graph_of(
        lambda model, x: loss(model, x), (Outer(Inner(own), lent, spare), jnp.ones(2)), {},
        title="f",
    )  # fmt: skip
    names = set(groups(graph, GroupKind.MODULE))
    assert names == {"model", "model.inner", "model.inner.own", "model.lent"}


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_model_is_told_from_the_moments_of_its_optimiser(eqx: Any):
    class Layer(eqx.Module):
        weight: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            return self.weight @ x

    optimiser = optax.adam(1e-3)
    model = Layer(jnp.ones((2, 2)))

    @eqx.filter_jit
    def step(model: Any, state: Any, x: jax.Array) -> Any:
        gradients = eqx.filter_grad(lambda m: jax.vmap(m)(x).sum())(model)
        return optimiser.update(gradients, state)

    graph = graph_of(step, (model, optimiser.init(model), jnp.ones((3, 2))), {}, title="step")
    assert set(groups(graph, GroupKind.MODULE)) == {"model"}


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_blocks_that_are_all_alike_are_told_apart_in_each_transformation(eqx: Any):
    class Block(eqx.Module):
        linear: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            return jnp.tanh(self.linear(x))

    def with_custom_vjp(block: Block) -> Any:
        arrays, rest = eqx.partition(block, eqx.is_array)
        call = jax.custom_vjp(lambda arrays, x: eqx.combine(arrays, rest)(x))
        call.defvjp(lambda arrays, x: (call(arrays, x), arrays), lambda arrays, ct: (arrays, ct))
        return lambda x: call(arrays, x)

    def sharded(block: Block) -> Any:
        mesh = jax.make_mesh((1,), ("i",), axis_types=(jax.sharding.AxisType.Auto,))
        spec = jax.P("i")
        return jax.shard_map(jax.vmap(block), mesh=mesh, in_specs=spec, out_specs=spec)

    calls: dict[str, Any] = {
        "scan": lambda b: lambda x: jax.lax.scan(lambda c, _: (b(c), None), x, None, length=3)[0],
        "cond": lambda b: lambda x: jax.lax.cond(x.sum() > 0, lambda y: b(y), lambda y: y, x),
        "jit": eqx.filter_jit,
        "jit of an argument": lambda b: lambda x: eqx.filter_jit(lambda b, y: b(y))(b, x),
        "remat": eqx.filter_checkpoint,
        "checkpoint": lambda b: jax.checkpoint(lambda y: b(y)),
        "custom_vjp": with_custom_vjp,
        "vmap": lambda b: lambda x: eqx.filter_vmap(b)(x[None])[0],
        "shard_map": lambda b: lambda x: sharded(b)(x[None])[0],
    }

    def loss(model: dict[str, Block], x: jax.Array) -> jax.Array:
        for name, call in calls.items():
            x = call(model[name])(x)
        return x.sum()

    keys = jax.random.split(KEY, len(calls))
    model = {
        name: Block(eqx.nn.Linear(2, 2, key=key)) for name, key in zip(calls, keys, strict=True)
    }
    expected = {f"model[{name!r}]{inside}" for name in calls for inside in ("", ".linear")}
    for fn in (loss, eqx.filter_grad(loss)):
        graph = graph_of(fn, (model, jnp.ones(2)), {}, title="f", argument_names=["model", "x"])
        assert set(groups(graph, GroupKind.MODULE)) == expected


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_what_a_gradient_takes_out_of_a_loop_is_named_as_what_stays_in_it(eqx: Any):
    class Stack(eqx.Module):
        layers: Any

        def __call__(self, x: jax.Array) -> jax.Array:
            arrays, rest = eqx.partition(self.layers, eqx.is_array)

            def body(x: jax.Array, arrays: Any) -> Any:
                return eqx.combine(arrays, rest)(x), None

            return jax.lax.scan(body, x, arrays)[0]

    norms = eqx.filter_vmap(lambda _: eqx.nn.Sequential([eqx.nn.LayerNorm(4)]))(jnp.arange(3))
    model = Stack(norms)

    def fn(x: jax.Array) -> Any:
        return eqx.filter_grad(lambda m: m(x).sum())(model)

    graph = graph_of(fn, (jnp.ones(4),), {}, title="fn")
    expected = {"model", "model.layers", "model.layers.layers[0]"}
    assert set(groups(graph, GroupKind.MODULE)) == expected
    stays = [g for g in groups(graph, GroupKind.MODULE) if g == "model.layers"]
    assert len(stays) > 2  # before the loop, forward in it and backward in it
