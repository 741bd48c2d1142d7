"""What a file defines is drawn by its name, on arguments that are written or proposed."""

import textwrap
from pathlib import Path

import pytest

from eqxviz.records import (
    DrawCall,
    DrawModel,
    DrawnAs,
    Graph,
    ListCalls,
    OfferedCalls,
    OpenedModel,
    OpenModel,
    Problem,
)

FILE = """
    import functools
    import equinox as eqx
    import jax, jax.numpy as jnp
    import eqxcore
    import optax
    from jaxtyping import Array, Float, Int

    class Net(eqxcore.Module):
        layer: eqxcore.nn.Linear

        def __init__(self, key):
            self.layer = eqxcore.nn.Linear(3, 2, key=key)

        def __call__(self, x):
            return jax.nn.relu(self.layer(x))

    class Needy(eqxcore.Module):
        n: int

    def make_model(key):
        return Net(key)

    theirs = eqx.nn.MLP(3, 2, 4, 1, key=jax.random.key(0))
    data = jnp.ones((5, 3))

    def loss(model, x, y):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    def their_loss(theirs, x):
        return jax.vmap(theirs)(x).sum()

    @eqxcore.filter_jit
    def annotated(model: Net, x: Float[Array, "batch 3"], y: Int[Array, "batch"]):
        return loss(model, x, y[:, None])

    @functools.partial(jax.jit, static_argnums=2)
    def jitted(x, scale, n):
        return x * scale + jnp.arange(n)

    optim = optax.chain(optax.clip(1.0), optax.adam(1e-3))

    def make_step(model, opt_state, x):
        grads = eqx.filter_grad(lambda model: jax.vmap(model)(x).sum())(model)
        updates, opt_state = optim.update(grads, opt_state)
        return eqxcore.apply_updates(model, updates), opt_state

    def of_data(data):
        return data.sum(0)

    def power(x, n: int, *, sign=1):
        return sign * x**n

    def init_params(key):
        return {"w": jax.random.normal(key, (3,))}

    def nothing():
        return jnp.arange(3)

    async def later(x):
        return x

    def many(x):
        yield x

    async def many_later(x):
        yield x

    def raises(x):
        raise RuntimeError("no such luck")

    def by_shape(x):
        raise ValueError(f"no shape {x.shape}")

    def make_layer():
        return eqxcore.nn.Linear(3, 2, key=jax.random.key(0))

    def hidden(size):
        table = jnp.ones((size, 2))
        return lambda x: x @ table

    of_table = hidden(5)

    def of_matrix(w, xs):
        return jax.lax.scan(lambda h, x: (jnp.tanh(w @ h + x), x), jnp.zeros(8), xs)

    @functools.partial(jax.jit, static_argnames="n")
    def of_static(x, n):
        return x * jnp.arange(n)

    def needs_three(x: Float[Array, "batch 3"]):
        return x @ jnp.ones((3, 2))

    def on_value(x):
        return x if x > 0 else -x
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calls") / "train.py"
    path.write_text(textwrap.dedent(FILE))
    return path


@pytest.fixture
def draw(opener, file):
    def draw(name: str, inputs: str = "", drawn_as: DrawnAs = DrawnAs.FORWARD, batch: int = 0):
        return opener.ask(DrawCall(str(file), name, inputs, drawn_as, batch))

    return draw


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("", "f32[3]"),  # the best model of the file
        ("make_model", "f32[3]"),  # what makes a model is called for it
        ("make_model.layer", "f32[3]"),
        ("Net", "f32[3]"),
        ("theirs", "f32[3]"),
        ("theirs.layers[1]", "f32[4]"),
        ("loss", "make_model(key=key<fry>[]) f32[8,3] f32[2]"),
        ("their_loss", "theirs f32[8,3]"),  # a variable of the parameter's name
        ("annotated", "make_model(key=key<fry>[]) f32[8,3] i32[8]"),
        ("of_data", "data"),
        (
            "make_step",
            "make_model(key=key<fry>[]) optim.init(eqx.filter(make_model(key=key<fry>[]), "
            "eqx.is_inexact_array)) f32[8,3]",
        ),
        ("power", "f32[] 3"),
        ("init_params", "key<fry>[]"),  # what it makes cannot be called: itself is drawn
        ("nothing", ""),
        ("make_layer", "f32[3]"),  # a function whose name says that it makes something
        ("of_table", "f32[5]"),  # a function holds what it multiplies with
        ("of_matrix", "f32[8,8] f32[8,8]"),  # floats before integers
        ("of_static", "f32[] 3"),
    ],
)
def test_a_call_is_drawn_on_what_is_proposed_for_it(draw, name: str, inputs: str):
    graph = draw(name)
    assert isinstance(graph, Graph), graph
    assert graph.inputs == inputs
    assert len(graph) > 0


def test_written_arguments_are_shapes_values_and_variables(draw):
    graph = draw("jitted", "f32[3] 0.5 3")
    assert isinstance(graph, Graph), graph
    assert (graph.title, graph.inputs) == ("jitted", "f32[3] 0.5 3")
    graph = draw("loss", "theirs data f32[5,2]")
    assert isinstance(graph, Graph), graph
    assert "model.layers[0].weight" in [graph.text(int(p)) for p in graph.value_path]


@pytest.mark.parametrize(
    ("drawn_as", "batch", "title"),
    [
        (DrawnAs.GRADIENT, 0, "their_loss · gradient"),
        (DrawnAs.STEP, 0, "their_loss · training step"),
        (DrawnAs.VMAP, 4, "their_loss · vmapped, batch of 4"),
    ],
)
def test_a_function_is_drawn_in_other_ways(draw, drawn_as: DrawnAs, batch: int, title: str):
    graph = draw("their_loss", "", drawn_as, batch)
    assert isinstance(graph, Graph), graph
    assert graph.title == title


OF_A_BATCH = """
    import equinox
    import eqxcore
    import jax

    def make(eqx):
        class Net(eqx.Module):
            norm: eqx.nn.BatchNorm
            layer: eqx.nn.Linear

            def __init__(self, key):
                self.norm = eqx.nn.BatchNorm(3, axis_name="rows", mode="batch")
                self.layer = eqx.nn.Linear(3, 2, key=key)

            def __call__(self, x, state):
                x, state = self.norm(x, state)
                return self.layer(x), state

        return eqx.nn.make_with_state(Net)(jax.random.key(0))

    ours, our_state = make(eqxcore)
    theirs, their_state = make(equinox)

    def loss(model, state, x, y):
        scores, state = jax.vmap(model, axis_name="rows", in_axes=(0, None), out_axes=(0, None))(
            x, state
        )
        return ((scores - y) ** 2).mean(), (state, (scores > y).mean())
"""


@pytest.fixture(scope="module")
def of_a_batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("batched") / "norm.py"
    path.write_text(textwrap.dedent(OF_A_BATCH))
    return path


@pytest.mark.parametrize("whose", ["our", "their"])
@pytest.mark.parametrize(
    ("drawn_as", "said"),
    [
        (DrawnAs.VMAP, "vmapped over axis 'rows', batch of 4"),
        (DrawnAs.GRADIENT, "gradient of the sum of all results, vmapped over axis 'rows', batch"),
        (DrawnAs.STEP, "training step on the sum of all results, vmapped over axis 'rows', batch"),
    ],
)
def test_a_batch_is_mapped_over_as_the_axis_that_the_model_asks_for(
    opener, of_a_batch, whose: str, drawn_as: DrawnAs, said: str
):
    inputs = f"f32[3] {whose}_state"
    graph = opener.ask(DrawCall(str(of_a_batch), f"{whose}s", inputs, drawn_as, 4))
    assert isinstance(graph, Graph), graph
    assert graph.title.startswith(f"{whose}s · {said}")
    types = [graph.text(int(graph.value_aval[value])) for value in graph.taken_by(0)]
    assert "f32[4,3]" in types
    assert "f32[4,3,3]" not in types


@pytest.mark.parametrize("whose", ["our", "their"])
@pytest.mark.parametrize(
    ("drawn_as", "said"), [(DrawnAs.GRADIENT, "gradient of"), (DrawnAs.STEP, "training step on")]
)
def test_a_loss_that_returns_more_is_differentiated_alone_and_it_is_said(
    opener, of_a_batch, whose: str, drawn_as: DrawnAs, said: str
):
    inputs = f"{whose}s {whose}_state f32[4,3] f32[4,2]"
    graph = opener.ask(DrawCall(str(of_a_batch), "loss", inputs, drawn_as))
    assert isinstance(graph, Graph), graph
    assert graph.title == f"loss · {said} the first result, the rest aux"


def test_an_axis_that_no_batch_can_stand_for_is_still_a_card(opener, of_a_batch):
    card = opener.ask(DrawCall(str(of_a_batch), "theirs", "f32[3] their_state"))
    assert isinstance(card, Problem), card
    assert "unbound axis name: rows" in card.why


@pytest.mark.parametrize(
    ("name", "inputs", "code", "title", "why", "fix"),
    [
        ("lsos", "", "no-such-name", "There is no lsos", "It has: make_model, loss", "mean loss?"),
        ("loss.x", "", "no-such-name", "There is no loss.x", "AttributeError", "Correct"),
        ("data", "", "not-callable", "data cannot be called", "It is f32[5,3]",
         "It has make_model"),
        ("Needy", "", "not-a-model", "Needy needs arguments", "(n", "Write a function"),
        ("loss", "data", "bad-inputs", "does not take 'data'", "Missing a required argument: 'x'",
         "make_model(key=key<fry>[]) f32[8,3]"),
        ("of_data", "data data", "bad-inputs", "does not take", "Too many positional", '"data"'),
        ("power", "f32[] n=3 by=2", "bad-inputs", "does not take", "'by'", '"f32[] 3"'),
        ("of_data", "dta", "bad-inputs", "cannot be read", "did you mean data", "JAX writes"),
        ("needs_three", "f32[8,2]", "draw-failed", "needs_three raised TypeError while it was "
         "traced on f32[8,2]", "x is f32[8,2], and f32[8,3] fits", 'fit: "f32[8,3]"'),
        ("make_model", "f32[8,3]", "draw-failed", "on f32[8,3]", "x is f32[8,3], and f32[3] fits",
         'It takes one example: type "f32[3]", and draw it vmapped'),
        ("raises", "f32[2]", "draw-failed", "raised RuntimeError", "no such luck", "Correct"),
        ("on_value", "f32[]", "draw-failed", "TracerBoolConversionError", "", "jnp.where"),
        ("raises", "", "draw-failed", "raises raised RuntimeError while it was traced on f32[]",
         "no such luck", "or draw it on other arguments"),
        ("on_value", "", "draw-failed", "TracerBoolConversionError while it was traced on f32[]",
         "boolean conversion of traced array with shape bool[].", "jnp.where"),
        ("by_shape", "", "inputs-unknown", "No inputs could be found", "On f32[] it raised "
         "ValueError: no shape ()", 'such as "f32[8,3]"'),
        ("jitted", "f64[3] 0.5 3", "bad-inputs", "cannot be read",
         "'f64' in 'f64[3] 0.5 3' would be float32", "shapes as JAX writes"),
        ("jitted", "f32[3] 0.5 f32[3]", "draw-failed", "jitted raised", "static", ""),
        ("later", "f32[2]", "not-drawn", "later is an async function", "returns at once", "plain"),
        ("many", "f32[2]", "not-drawn", "many is a generator", "returns at once", "plain"),
        ("many_later", "f32[2]", "not-drawn", "is an async generator", "at once", "plain"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said_with_its_value_its_rule_and_what_to_do(
    draw, name: str, inputs: str, code: str, title: str, why: str, fix: str
):
    card = draw(name, inputs)
    assert isinstance(card, Problem)
    assert (card.code, title in card.title) == (code, True), card.title
    assert why.lower() in card.why.lower()
    assert fix in card.fix


def test_a_file_that_raises_and_one_that_is_missing_say_so(opener, tmp_path: Path):
    path = tmp_path / "broken.py"
    path.write_text("def f(x):\n    return x\n\nraise OSError('no disk')\n")
    card = opener.ask(DrawCall(str(path), "f", "f32[2]"))
    assert (card.code, card.line) == ("raised-on-import", 4)
    assert opener.ask(DrawCall(str(tmp_path / "none.py"), "f", "")).code == "missing-file"
    (tmp_path / "w.npz").write_bytes(b"")
    assert opener.ask(DrawCall(str(tmp_path / "w.npz"), "f", "")).code == "no-code"


def test_a_file_without_a_model_says_which_functions_it_has(opener, tmp_path: Path):
    path = tmp_path / "plain.py"
    path.write_text("def f(x):\n    return x\n")
    card = opener.ask(DrawCall(str(path), "", ""))
    assert card.code == "nothing-to-draw"
    assert "It has f." in card.why
    assert "plain.py:f" in card.fix


def test_the_functions_of_a_file_are_listed_with_their_parameters(opener, file: Path):
    found = opener.ask(ListCalls(str(file)))
    assert isinstance(found, OfferedCalls)
    calls = {call.name: call.parameters for call in found.calls}
    assert calls["power"] == "(x, n, *, sign=1)"
    assert calls["annotated"] == "(model, x, y)"
    assert not {"Net", "theirs", "data", "functools"} & calls.keys()
    assert "make_model" in {model.name for model in found.models}


def test_a_file_is_run_once_for_all_that_is_drawn_and_opened_of_it(opener, tmp_path: Path):
    runs, path = tmp_path / "runs", tmp_path / "counted.py"
    path.write_text(
        f"import jax.numpy as jnp\nopen({str(runs)!r}, 'a').write('x')\n"
        "params = {'w': jnp.ones(3)}\n\ndef f(params):\n    return params['w'] * 2\n"
    )
    for _ in range(2):
        assert isinstance(opener.ask(DrawCall(str(path), "f", "")), Graph)
    opener.ask(OpenModel(str(path), "params"))
    assert isinstance(opener.ask(DrawCall(str(path), "f", "")), Graph)
    assert runs.read_text() == "x"
    path.write_text(path.read_text().replace("* 2", "* 2 * 3 + 1"))
    graph = opener.ask(DrawCall(str(path), "f", ""))
    assert (len(graph), runs.read_text()) == (3, "xx")


def test_a_model_larger_than_the_memory_is_drawn_without_its_arrays(opener, tmp_path: Path):
    path = tmp_path / "huge.py"
    path.write_text(
        "import jax, eqxcore\n\ndef make_model(key):\n"
        "    return eqxcore.nn.MLP(1 << 20, 1 << 20, 1 << 20, 1, key=key)\n"
    )
    graph = opener.ask(DrawCall(str(path), "", "", DrawnAs.STEP))
    assert isinstance(graph, Graph), graph
    assert graph.inputs == "f32[1048576]"


def test_a_model_of_any_name_stands_for_one_that_is_called_so(opener, tmp_path: Path):
    path = tmp_path / "named.py"
    path.write_text(
        "import jax, eqxcore\n"
        "class Other(eqxcore.Module):\n"
        "    def __call__(self, x):\n        return x\n"
        "mlp = eqxcore.nn.MLP(3, 2, 4, 1, key=jax.random.key(0))\n"
        "def loss(model, x):\n    return jax.vmap(model)(x).sum()\n"
    )
    graph = opener.ask(DrawCall(str(path), "loss", ""))
    assert isinstance(graph, Graph), graph
    assert graph.inputs == "mlp f32[8,3]"


@pytest.mark.parametrize(
    ("inputs", "drawn"),
    [("f32[3] state", "f32[3] state"), ("", "f32[3] state"), ("f32[3] model.layer.bias", None)],
)
def test_the_call_of_an_open_model_takes_variables_of_its_file(
    opener, tmp_path: Path, inputs: str, drawn: str | None
):
    path = tmp_path / "stateful.py"
    path.write_text(
        "import jax, jax.numpy as jnp, eqxcore\n"
        "class Net(eqxcore.Module):\n"
        "    layer: eqxcore.nn.Linear\n"
        "    def __call__(self, x, state):\n        return self.layer(x) + state, state\n"
        "model = Net(eqxcore.nn.Linear(3, 2, key=jax.random.key(0)))\n"
        "state = jnp.ones(2)\n"
    )
    model = opener.ask(OpenModel(str(path), "model"))
    assert isinstance(model, OpenedModel), model
    graph = opener.ask(DrawModel(model.tree.revision, 0, inputs))
    assert isinstance(graph, Graph), graph
    assert graph.inputs == (drawn or inputs)


def test_what_cannot_be_called_is_not_offered(opener, tmp_path: Path):
    path = tmp_path / "plain.py"
    path.write_text(
        "import jax, jax.numpy as jnp, eqxcore, optax\n"
        "class Config(eqxcore.Module):\n    size: int = 3\n"
        "model = eqxcore.nn.Linear(3, 2, key=jax.random.key(0))\n"
        "params = {'w': jnp.ones(3)}\n"
        "opt_state = optax.adam(0.1).init(params)\n"
        "def loss(params, x):\n    return params['w'] @ x\n"
    )
    found = opener.ask(ListCalls(str(path)))
    assert isinstance(found, OfferedCalls), found
    assert [each.name for each in (*found.calls, *found.models)] == ["loss", "model"]
    assert "It has loss, model." in opener.ask(DrawCall(str(path), "params", "")).fix
