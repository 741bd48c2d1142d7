"""What the model's own library says of sharing; several names of a file as one tree."""

from pathlib import Path

import pytest

from eqxviz.records import CheckTree, OpenedModel, OpenModel, Problem, TreeCheck

from .conftest import Client

SOURCE = """
import {library} as eqx
import jax
import optax

layer = eqx.nn.Linear(2, 2, key=jax.random.key(0))
twice = [layer, layer]
same_array = {{"a": layer.weight, "b": layer.weight}}
params = {{"w": layer.weight}}
opt_state = optax.adam(0.1).init(params)

def make_model(key):
    return eqx.nn.Linear(2, 3, key=key)
"""


def opened(client: Client, file: Path, name: str) -> OpenedModel:
    answer = client.ask(OpenModel(str(file), name))
    assert isinstance(answer, OpenedModel), answer
    return answer


@pytest.mark.parametrize("library", ["eqxcore", "equinox"])
def test_tree_check_is_that_of_the_models_library(opener: Client, tmp_path: Path, library: str):
    file = tmp_path / "shared_layers.py"
    file.write_text(SOURCE.format(library=library))
    revision = opened(opener, file, "twice").tree.revision
    check = opener.ask(CheckTree(revision))
    assert isinstance(check, TreeCheck)
    assert check.library == library
    assert check.error.startswith("ValueError: PyTree node of type `Linear` appears")
    revision = opened(opener, file, "same_array").tree.revision
    assert opener.ask(CheckTree(revision)) == TreeCheck(revision, library, "")
    stale = opener.ask(CheckTree(revision - 1))
    assert isinstance(stale, Problem)
    assert stale.code == "stale"


def test_names_with_commas_open_as_one_tree(opener: Client, tmp_path: Path):
    file = tmp_path / "several_names.py"
    file.write_text(SOURCE.format(library="eqxcore"))
    model = opened(opener, file, "params, opt_state")
    assert (model.target.name, model.target.type) == ("params,opt_state", "variables")
    tree = model.tree
    paths = [tree.path(node) for node in range(len(tree))]
    assert {"params['w']", "opt_state[0].mu['w']"} <= set(paths)
    assert {tree.path(int(node)) for node in tree.state_param} == {"params['w']"}
    assert model.targets[-1].name == "params,opt_state"
    both = opened(opener, file, "make_model,twice").tree
    assert "make_model.weight" in [both.path(node) for node in range(len(both))]
    missing = opener.ask(OpenModel(str(file), "params,nothing"))
    assert isinstance(missing, Problem)
    assert "nothing" in missing.title
