"""The stack of a run that is paused, and the variables of its frames."""

from collections.abc import Callable
from pathlib import Path

import eqxviz
from eqxviz.records import (
    ModelTree,
    OpenedModel,
    OpenModel,
    Problem,
    ReadStack,
    ReadVariables,
    RunState,
    Stack,
    Variable,
    Variables,
)

from .conftest import Client, Run

Start = Callable[..., Run]

TRAIN = """
    import functools, time
    import jax, jax.numpy as jnp
    import eqxcore as eqx

    RATE = 0.1
    history = [jnp.ones(2), {"a": 1}]

    class Slow:
        def __init__(self):
            self.width = 3
        def __repr__(self):
            time.sleep(1000)

    class Broken:
        def __getattribute__(self, name):
            raise RuntimeError(name)

    @eqx.filter_jit
    def step(model, x):
        return jax.tree.map(lambda p: p - RATE if eqx.is_array(p) else p, model)

    class Trainer:
        def __init__(self, model):
            self.model = model

        def fit(self, batch, number):
            slow, broken = Slow(), Broken()
            config = {"lr": RATE, 3: "three", "nested": {"deep": [1, 2, Slow()]}}
            missing: int
            self.model = step(self.model, batch)
            return slow, broken, config, history

    def main():
        trainer = Trainer(eqx.nn.MLP(2, 1, 8, 2, key=jax.random.key(0)))
        for number in range(3):
            functools.partial(trainer.fit, jnp.ones((4, 2)))(number)

    main()
"""


def paused(run: Start, script: str = TRAIN) -> Client:
    """Return the client of a run of `script` that waits before its first call."""
    client = run(script, hold=True).client
    client.until_state(RunState.PAUSED)
    return client


def variables(client: Client, frame: int, path: str = "") -> dict[str, Variable]:
    """Return the variables of a frame by name."""
    found = client.ask(ReadVariables(frame, path))
    assert isinstance(found, Variables), found
    assert (found.frame, found.path) == (frame, path)
    return {each.name: each for each in found.variables}


def test_the_stack_has_the_frames_of_the_script_innermost_first(run: Start):
    stack = paused(run).ask(ReadStack())
    assert isinstance(stack, Stack)
    users = [frame for frame in stack.frames if frame.is_user]
    assert [frame.function for frame in users] == ["Trainer.fit", "main", "<module>"]
    assert users[0].text == "self.model = step(self.model, batch)"
    assert stack.frames[-1] is users[-1]
    own = str(Path(eqxviz.__file__).parent)
    assert not any(frame.file.startswith(own) or "/jax/" in frame.file for frame in stack.frames)


def test_variables_are_told_by_short_texts_that_run_nothing_of_the_users(run: Start):
    client = paused(run)
    stack = client.ask(ReadStack())
    assert isinstance(stack, Stack)
    number = [f.function for f in stack.frames].index("Trainer.fit")
    found = variables(client, number)
    assert found["batch"] == Variable("batch", "Array", "f32[4,2]", is_tree=True)
    assert found["slow"] == Variable("slow", "Slow", "Slow(width=3)", has_parts=True)
    assert found["broken"].type == "Broken"
    assert (found["number"].text, found["number"].type) == ("0", "int")
    assert "missing" not in found
    assert (found["RATE"].text, found["RATE"].is_global) == ("0.1", True)
    assert "jax" not in found
    inside = variables(client, number, "self")
    assert inside[".model"] == Variable(
        ".model", "MLP", "MLP, 105 parameters", has_parts=True, is_tree=True
    )
    assert variables(client, number, "config")["[3]"].text == "'three'"
    assert variables(client, number, "config['nested']['deep']")["[2]"].type == "Slow"
    layers = variables(client, number, "self.model.layers")
    assert [each.text for each in layers.values()] == [
        "Linear, 24 parameters", "Linear, 72 parameters", "Linear, 9 parameters",
    ]  # fmt: skip


def test_the_variables_of_a_module_are_its_globals_data_first(run: Start):
    client = paused(run)
    stack = client.ask(ReadStack())
    assert isinstance(stack, Stack)
    found = variables(client, len(stack.frames) - 1)
    names = list(found)
    assert names[:2] == ["RATE", "history"]
    assert names.index("Trainer") < names.index("jnp")
    assert not any(each.is_global for each in found.values())


def test_of_very_many_parts_the_first_are_told(run: Start):
    client = paused(
        run,
        """
        import jax, jax.numpy as jnp
        many = list(range(5000))
        jax.jit(lambda x: x)(jnp.ones(2))
        """,
    )
    found = client.ask(ReadVariables(0, "many"))
    assert isinstance(found, Variables)
    assert (len(found.variables), found.n_more) == (200, 4800)
    assert found.variables[199] == Variable("[199]", "int", "199")


def test_a_variable_and_what_is_in_it_opens_as_a_tree(run: Start):
    client = paused(run)
    stack = client.ask(ReadStack())
    assert isinstance(stack, Stack)
    number = [f.function for f in stack.frames].index("Trainer.fit")
    opened = client.ask(OpenModel("", "self.model.layers[0]", frame=number))
    assert isinstance(opened, OpenedModel), opened
    assert isinstance(opened.tree, ModelTree)
    assert opened.tree.path(0) == "self.model.layers[0]"
    assert opened.target.type == "Linear"
    refused = client.ask(OpenModel("", "self.nothing", frame=number))
    assert isinstance(refused, Problem)
    assert (refused.code, refused.title) == ("no-such-name", "There is no self.nothing in fit")
    refused = client.ask(ReadVariables(99))
    assert isinstance(refused, Problem)
    assert refused.code == "no-such-frame"


def test_a_stack_is_read_of_a_run_that_is_paused_only(run: Start):
    started = run("import jax, time\njax.jit(lambda x: x)(1.0)\ntime.sleep(60)")
    refused = started.client.ask(ReadStack())
    assert isinstance(refused, Problem)
    assert refused.code == "pause-first"
