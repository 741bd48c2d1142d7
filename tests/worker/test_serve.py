"""Files are opened, shown and drawn; a bad one is a problem card, and the next one opens."""

from pathlib import Path

import pytest

from eqxviz.records import (
    Control,
    DrawModel,
    GateCommand,
    Graph,
    OpenedModel,
    OpenModel,
    Problem,
    ReadValue,
    ValueSummary,
)

from .conftest import Client, wait_until

GOOD = """
import equinox as eqx
import jax.numpy as jnp

WIDTH = 8

def make_model(key):
    return eqx.nn.MLP(2, 1, WIDTH, 1, key=key)

class Small(eqx.Module):
    weight: object
    def __init__(self, n=3):
        self.weight = jnp.ones(n)
    def __call__(self, x):
        return jnp.sum(self.weight * x)

class NeedsMuch(eqx.Module):
    weight: object
    def __init__(self, n, m):
        self.weight = jnp.ones((n, m))

def forward(params, x):
    return params["w"] @ x

params = {"w": jnp.ones((2, 3)), "b": jnp.zeros(2)}
data = jnp.ones(5)
settings = {"lr": 1e-3}

class Plain:
    pass

plain = Plain()
plain.inner = Small()
"""


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good_models.py"
    path.write_text(GOOD)
    return str(path)


def opened(client: Client, path: str, name: str = "") -> OpenedModel:
    answer = client.ask(OpenModel(path, name))
    assert isinstance(answer, OpenedModel), answer
    return answer


def refused(client: Client, path: str, name: str = "") -> Problem:
    answer = client.ask(OpenModel(path, name))
    assert isinstance(answer, Problem), answer
    assert answer.title
    assert answer.why
    assert answer.fix
    return answer


def test_the_best_of_a_file_is_opened_and_the_rest_offered(opener: Client, good: str):
    answer = opened(opener, good)
    assert (answer.target.name, answer.target.type, answer.target.line) == (
        "make_model",
        "function",
        7,
    )
    assert [t.name for t in answer.targets] == ["make_model", "params", "Small", "data"]
    assert (answer.tree.name, answer.inputs) == ("model", "f32[2]")
    assert answer.tree.n_params[0] == 2 * 8 + 8 + 8 + 1
    summary = opener.ask(ReadValue(answer.tree.revision, len(answer.tree) - 1))
    assert isinstance(summary, ValueSummary)
    graph = opener.ask(DrawModel(answer.tree.revision, 0, "f32[2]"))
    assert isinstance(graph, Graph)


@pytest.mark.parametrize(
    ("name", "root", "n_params"),
    [("params", "params", 8), ("Small", "model", 3), ("plain.inner", "plain.inner", 3)],
)
def test_a_name_opens_what_it_names(opener: Client, good: str, name: str, root: str, n_params: int):
    answer = opened(opener, good, name)
    assert (answer.tree.name, int(answer.tree.n_params[0])) == (root, n_params)


def test_an_edited_file_and_what_it_imports_are_read_anew(opener: Client, tmp_path: Path):
    (tmp_path / "sizes.py").write_text("N = 2\n")
    path = tmp_path / "edited.py"
    path.write_text("import jax.numpy as jnp\nfrom sizes import N\nparams = {'w': jnp.ones(N)}\n")
    assert opened(opener, str(path)).tree.n_params[0] == 2
    (tmp_path / "sizes.py").write_text("N = 4\n")
    assert opened(opener, str(path)).tree.n_params[0] == 4
    path.write_text(path.read_text().replace("ones(N)", "ones((N, N))"))
    again = opened(opener, str(path))
    assert again.tree.n_params[0] == 16
    stale = opener.ask(ReadValue(again.tree.revision - 1, 0))
    assert isinstance(stale, Problem)
    assert stale.code == "stale"
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_file_inside_a_package_may_import_relatively(opener: Client, tmp_path: Path):
    package = tmp_path / "project" / "nets"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text("import jax.numpy as jnp\nW = jnp.ones(3)\n")
    (package / "whole.py").write_text("from .parts import W\nparams = {'w': W}\n")
    assert opened(opener, str(package / "whole.py")).target.name == "params"


def test_a_file_named_like_a_module_of_python_opens(opener: Client, tmp_path: Path):
    path = tmp_path / "random.py"
    path.write_text("import jax\nparams = {'w': jax.numpy.ones(3)}\n")
    assert opened(opener, str(path)).tree.n_params[0] == 3


BAD = {
    "does_not_parse.py": ("x = 1\ndef f(:\n", "syntax-error", 2),
    "raises.py": ("def f():\n    return {}['x']\nf()\n", "raised-on-import", 2),
    "interrupts.py": ("x = 1\nraise KeyboardInterrupt\n", "raised-on-import", 2),
    "exits.py": ("import sys\n\nsys.exit(2)\n", "import-exit", 3),
    "empty.py": ("", "nothing-to-open", 0),
    "no_model.py": ("rate = 0.1\ndef f(x): return x\n", "nothing-to-open", 0),
    "lacks.py": ("import no_such_package.sub\n", "missing-module", 1),
    "make_fails.py": ("def make_model():\n    raise OSError('no weights')\n", "make-failed", 2),
    "make_none.py": ("def make_model():\n    return 3\n", "not-a-model", 1),
    "null.py": ("x = 1\0\n", "syntax-error", 0),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_a_card_and_the_next_one_opens(
    opener: Client, tmp_path: Path, good: str, name: str
):
    text, code, line = BAD[name]
    path = tmp_path / name
    path.write_text(text)
    card = refused(opener, str(path))
    assert (card.code, card.line) == (code, line)
    assert card.file == str(path)
    assert opened(opener, good).target.name == "make_model"


FLATTENING_RAISES = """
import jax, jax.numpy as jnp

@jax.tree_util.register_pytree_node_class
class Lazy:
    def tree_flatten(self):
        raise RuntimeError("not initialised yet")
    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls()

unused = Lazy()
model = {"w": jnp.ones(2)}
"""


def test_a_value_whose_flattening_raises_is_in_nobodys_way(opener: Client, tmp_path: Path):
    path = tmp_path / "flattening.py"
    path.write_text(FLATTENING_RAISES)
    for name in ("", "model"):
        answer = opened(opener, str(path), name)
        assert [t.name for t in answer.targets] == ["model"]
    card = refused(opener, str(path), "unused")
    assert (card.file, card.line) == (str(path), 7)
    assert "Flattening unused raised RuntimeError" in card.title
    assert "not initialised yet" in card.why


def test_a_file_that_is_not_there_and_a_folder_are_cards(opener: Client, tmp_path: Path):
    assert refused(opener, str(tmp_path / "nothing.py")).code == "missing-file"
    assert "folder" in refused(opener, str(tmp_path / "no" / "nothing.py")).why
    assert refused(opener, str(tmp_path)).code == "not-a-file"


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("make_modle", "no-such-name", "make_model"),
        ("params.nothing", "no-such-name", "params"),
        ("NeedsMuch", "not-a-model", "(n, m)"),
        ("forward", "not-a-model", "(params, x)"),
        ("settings", "not-a-model", "array"),
        ("plain", "not-a-model", "Plain"),
        ("WIDTH", "not-a-model", "int"),
    ],
)
def test_a_name_that_cannot_be_opened_says_why(
    opener: Client, good: str, name: str, code: str, says: str
):
    card = refused(opener, good, name)
    assert card.code == code
    assert says in card.why + card.fix


@pytest.mark.parametrize(
    ("inputs", "code"), [("f32[", "bad-inputs"), ("f32[7]", "draw-failed"), ("x", "bad-inputs")]
)
def test_a_graph_that_cannot_be_drawn_says_why(opener: Client, good: str, inputs: str, code: str):
    revision = opened(opener, good).tree.revision
    card = opener.ask(DrawModel(revision, 0, inputs))
    assert isinstance(card, Problem)
    assert card.code == code


def test_what_only_a_run_answers_is_refused(opener: Client):
    card = opener.ask(Control(GateCommand.PAUSE))
    assert isinstance(card, Problem)
    assert card.code == "not-answered"


def test_a_child_that_a_file_forks_ends_with_the_file_and_answers_nothing(
    opener: Client, tmp_path: Path
):
    path = tmp_path / "forks.py"
    path.write_text(
        "import os, warnings\n"
        "import jax.numpy as jnp\n"
        "warnings.simplefilter('ignore')\n"
        "reads, writes = os.pipe()\n"
        "child = os.fork()\n"
        "if child:\n"
        "    os.close(writes)\n"
        "params = {'child': jnp.array(child)} if child else {'w': 1}\n"
    )
    model = opened(opener, str(path))
    assert model.target.name == "params"
    value = opener.ask(ReadValue(model.tree.revision, 1))
    assert isinstance(value, ValueSummary)
    child = Path(f"/proc/{int(value.mean)}/stat")
    # Its parent, the worker, does not wait for it: a child that has ended is a zombie.
    wait_until(lambda: not child.exists() or ") Z " in child.read_text())
