"""Which files open, and as what: weights, files of leaves, shapes, names within a file."""

import json
import struct
from pathlib import Path

import jax
import numpy as np
import pytest

import eqxcore
from eqxviz.records import OpenedModel, OpenModel, Problem, Record
from eqxviz.worker.array_files import ArrayFileError, read_arrays
from eqxviz.worker.nesting import nested

from .conftest import Client

MODELS = """
import {library} as eqx
import jax

def make(key):
    return eqx.nn.MLP(2, 1, 8, 2, key=key)

def sized(*, key, width, depth):
    return eqx.nn.MLP(2, 1, width, depth, key=key)

def huge():
    return eqx.nn.MLP(100_000, 100_000, 1_000_000, 1, key=jax.random.key(0))

cfg = {{"d": {{"m": make(jax.random.key(1))}}}}
"""


@pytest.fixture(params=["eqxcore", "equinox"])
def models(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """A file of models, and the library they are of."""
    path = tmp_path / f"models_of_{request.param}.py"
    path.write_text(MODELS.format(library=request.param))
    return str(path), request.param


def opened(answer: Record) -> OpenedModel:
    assert isinstance(answer, OpenedModel), answer
    return answer


def refused(answer: Record) -> Problem:
    assert isinstance(answer, Problem), answer
    return answer


def paths(model: OpenedModel) -> list[str]:
    return [model.tree.path(node) for node in range(len(model.tree))]


def mlp(library: str, width: int = 8, depth: int = 2):
    module = eqxcore if library == "eqxcore" else pytest.importorskip("equinox")
    return module, module.nn.MLP(2, 1, width, depth, key=jax.random.key(5))


def test_leaves_open_with_what_makes_their_model(opener: Client, models, tmp_path: Path):
    path, library = models
    module, model = mlp(library)
    module.tree_serialise_leaves(tmp_path / "w.eqx", model)
    weights = str(tmp_path / "w.eqx")
    answer = opened(opener.ask(OpenModel(path, "make", weights=weights)))
    assert (answer.notes, int(answer.tree.n_params[0])) == ((), 105)


def test_a_first_line_of_hyperparameters_is_given_to_what_makes_the_model(
    opener: Client, models, tmp_path: Path
):
    path, library = models
    module, model = mlp(library, width=5, depth=1)
    with open(tmp_path / "headed.eqx", "wb") as file:
        file.write(json.dumps({"width": 5, "depth": 1}).encode() + b"\n")
        module.tree_serialise_leaves(file, model)
    request = OpenModel(path, "sized", weights=str(tmp_path / "headed.eqx"))
    assert opened(opener.ask(request)).tree.n_params[0] == 2 * 5 + 5 + 5 + 1


def test_leaves_that_do_not_fit_are_named_by_path(opener: Client, models, tmp_path: Path):
    path, library = models
    module, model = mlp(library, width=4)
    module.tree_serialise_leaves(tmp_path / "w.eqx", model)
    card = refused(opener.ask(OpenModel(path, "make", weights=str(tmp_path / "w.eqx"))))
    assert card.code == "weights-mismatch"
    assert "model.layers[0].weight: float32[8, 2] is expected" in card.why
    assert "the file has float32[4, 2]" in card.why


def test_leaves_beyond_the_model_are_told(opener: Client, models, tmp_path: Path):
    path, library = models
    module, model = mlp(library)
    with open(tmp_path / "two.eqx", "wb") as file:
        module.tree_serialise_leaves(file, (model, model))
    answer = opened(opener.ask(OpenModel(path, "make", weights=str(tmp_path / "two.eqx"))))
    assert [note.code for note in answer.notes] == ["weights-left"]
    assert "6 of its arrays" in answer.notes[0].why


def test_a_file_of_leaves_that_is_cut_off_or_too_long_says_so(
    opener: Client, models, tmp_path: Path
):
    path, library = models
    module, model = mlp(library)
    weights = tmp_path / "w.eqx"
    module.tree_serialise_leaves(weights, model)
    whole = weights.read_bytes()
    weights.write_bytes(whole[:100])
    card = refused(opener.ask(OpenModel(path, "make", weights=str(weights))))
    assert "The file ends within leaf 1 of 6, model.layers[0].weight" in card.why
    assert "copy the file again" in card.fix
    weights.write_bytes(whole + b"more")
    (note,) = opened(opener.ask(OpenModel(path, "make", weights=str(weights)))).notes
    assert "4 bytes at its end, which are no array" in note.why


def test_a_hyperparameter_that_is_not_taken_is_named(opener: Client, tmp_path: Path):
    (tmp_path / "m.py").write_text(
        "import jax.numpy as jnp\ndef make(seed=0): return {'w': jnp.full(3, float(seed))}\n"
    )
    weights = tmp_path / "w.eqx"
    for line, is_fine in (({"sed": 5}, False), ({"seed": 5, "epoch": 3}, True)):
        with open(weights, "wb") as file:
            file.write(json.dumps(line).encode() + b"\n")
            eqxcore.tree_serialise_leaves(file, {"w": jax.numpy.ones(3)})
        answer = opener.ask(OpenModel(str(tmp_path / "m.py"), "make", weights=str(weights)))
        if is_fine:
            opened(answer)
        else:
            assert refused(answer).title == "make takes no `sed`"
            assert "make takes seed" in refused(answer).why


def test_functions_of_any_name_are_offered_and_called_only_when_chosen(
    opener: Client, tmp_path: Path
):
    path = tmp_path / "zoo.py"
    path.write_text(
        "import jax.numpy as jnp\ndef rnn(): return {'w': [jnp.ones(3)]}\n"
        "def main(): raise SystemExit\ndef needs(n): return n\n"
    )
    assert refused(opener.ask(OpenModel(str(path), ""))).code == "nothing-to-open"
    answer = opened(opener.ask(OpenModel(str(path), "rnn")))
    assert [target.name for target in answer.targets] == ["rnn", "main"]


@pytest.mark.parametrize("call", ["", "()"])
def test_a_part_of_what_is_made_opens(opener: Client, models, call: str):
    answer = opened(opener.ask(OpenModel(models[0], f"make{call}.layers[0]")))
    assert answer.tree.name == "make.layers[0]"
    card = refused(opener.ask(OpenModel(models[0], f"make{call}.layers[9]")))
    assert card.code == "no-such-name"


@pytest.mark.parametrize("content", [b"", b"hello\nthere", b"{}\nhello", b"\x93NUMPY\x01"])
def test_what_is_no_file_of_leaves_is_a_card(opener: Client, models, tmp_path: Path, content):
    (tmp_path / "odd.eqx").write_bytes(content)
    card = refused(opener.ask(OpenModel(models[0], "make", weights=str(tmp_path / "odd.eqx"))))
    assert card.code in ("not-weights", "weights-mismatch")


def test_a_model_larger_than_any_memory_opens_as_shapes(opener: Client, models):
    answer = opened(opener.ask(OpenModel(models[0], "huge", shapes_only=True)))
    assert answer.tree.n_params[0] == 200_001_100_000
    assert answer.tree.n_bytes[0] == 4 * 200_001_100_000


@pytest.mark.parametrize(
    ("name", "root"),
    [("cfg['d']['m'].layers[0]",) * 2, ('cfg["d"]["m"]', "cfg['d']['m']"), ("cfg", "cfg")],
)
def test_a_name_reaches_attributes_and_items(opener: Client, models, name: str, root: str):
    assert opened(opener.ask(OpenModel(models[0], name))).tree.name == root


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("cfg['d']['x']", "KeyError"),
        ("cfg['d']['m'].layers[9]", "IndexError"),
        ("make(1)", "nothing is called"),
        ("cfg[make]", "neither a number"),
        ("cfg[", "is not Python"),
    ],
)
def test_a_name_that_leads_nowhere_says_where_it_ends(opener: Client, models, name: str, says: str):
    card = refused(opener.ask(OpenModel(models[0], name)))
    assert card.code == "no-such-name"
    assert says in card.why


def test_the_only_thing_that_nearly_fits_says_why_it_does_not(opener: Client, tmp_path: Path):
    path = tmp_path / "nearly.py"
    path.write_text("rate = 1\ndef make_model(config):\n    return 1\n")
    card = refused(opener.ask(OpenModel(str(path), "")))
    assert (card.code, card.line) == ("nothing-to-open", 2)
    assert "(config)" in card.why


def test_a_file_that_reads_its_arguments_passes_on_what_it_printed(opener: Client, tmp_path: Path):
    path = tmp_path / "script.py"
    path.write_text(
        "import argparse\np = argparse.ArgumentParser()\n"
        "p.add_argument('--data', required=True)\np.parse_args([])\n"
    )
    card = refused(opener.ask(OpenModel(str(path), "")))
    assert card.code == "import-exit"
    assert "the following arguments are required: --data" in card.why


@pytest.mark.parametrize(
    ("name", "says"),
    [("a.ipynb", "eqxviz.show"), ("a.pt", "pickle"), ("a.eqx", "--weights"), ("a.txt", ".npz")],
)
def test_a_file_of_another_kind_says_what_opens(
    opener: Client, tmp_path: Path, name: str, says: str
):
    (tmp_path / name).write_text("{}")
    card = refused(opener.ask(OpenModel(str(tmp_path / name), "")))
    assert card.code == "not-openable"
    assert says in card.why + card.fix


def test_no_name_of_a_file_is_a_card(opener: Client):
    assert refused(opener.ask(OpenModel("", ""))).code == "missing-file"


def write_safetensors(path: Path, entries: dict[str, tuple[str, list[int], bytes]]) -> None:
    header, body = {"__metadata__": {"by": "a test"}}, b""
    for name, (dtype, shape, data) in entries.items():
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def test_safetensors_open_as_a_tree(opener: Client, tmp_path: Path):
    bfloat16 = np.dtype(jax.numpy.bfloat16)
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_safetensors(
        tmp_path / "net.safetensors",
        {
            "layers.0.weight": ("F32", [2, 3], weight.tobytes()),
            "layers.1.weight": ("BF16", [2], np.ones(2, bfloat16).tobytes()),
            "packed": ("F4", [2], b"\0"),
        },
    )
    model = opened(opener.ask(OpenModel(str(tmp_path / "net.safetensors"), "")))
    assert "net['layers'][1]['weight']" in paths(model)
    assert (model.tree.name, int(model.tree.n_params[0])) == ("net", 8)
    found = read_arrays(str(tmp_path / "net.safetensors"))
    assert np.array_equal(found["layers.0.weight"], weight)
    assert found["layers.1.weight"].dtype == bfloat16


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_files_open_as_a_tree(opener: Client, tmp_path: Path, save):
    fortran = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    save(tmp_path / "w.npz", **{"a/b": fortran, "a/c": np.zeros((0, 3)), "d": np.array(3)})
    model = opened(opener.ask(OpenModel(str(tmp_path / "w.npz"), "")))
    assert "w['a']['b']" in paths(model)
    found = read_arrays(str(tmp_path / "w.npz"))
    assert np.array_equal(found["a/b"], fortran)
    assert found["a/c"].shape == (0, 3)


def test_a_large_file_is_not_read_to_be_opened(opener: Client, tmp_path: Path):
    path = tmp_path / "large.npy"
    np.lib.format.open_memmap(path, "w+", np.float32, (1 << 30,)).flush()  # sparse: no disk
    model = opened(opener.ask(OpenModel(str(path), "")))
    assert model.tree.n_bytes[0] == 4 << 30
    assert isinstance(read_arrays(str(path))[""].base, np.memmap | np.ndarray)


def test_no_pickle_is_ever_loaded(opener: Client, tmp_path: Path):
    np.savez(tmp_path / "objects.npz", a=np.array([{}], object))
    card = refused(opener.ask(OpenModel(str(tmp_path / "objects.npz"), "")))
    assert card.code == "damaged-file"
    assert card.why.startswith("'a.npy' holds Python objects, as pickles")
    assert "Save plain arrays" in card.fix
    np.savez(tmp_path / "some.npz", a=np.array([{}], object), b=np.ones(3))
    model = opened(opener.ask(OpenModel(str(tmp_path / "some.npz"), "")))
    assert int(model.tree.n_params[0]) == 3
    assert paths(model) == ["some", "some['a']", "some['b']"]


@pytest.mark.parametrize("name", ["t.safetensors", "t.npz", "t.npy"])
def test_a_file_that_is_cut_off_is_refused_and_none_is_read_past_its_end(tmp_path: Path, name: str):
    path = tmp_path / name
    if name.endswith("npz"):
        np.savez(path, a=np.arange(9.0), b=np.ones(4))
    elif name.endswith("npy"):
        np.save(path, np.arange(9.0))
    else:
        write_safetensors(path, {"a": ("F64", [9], bytes(72)), "b": ("U8", [4], bytes(4))})
    whole = path.read_bytes()
    for end in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:end])
        with pytest.raises(ArrayFileError, match=r"\w"):
            read_arrays(str(path))


@pytest.mark.parametrize(
    ("names", "tree"),
    [
        (["a.0", "a.1"], {"a": ["a.0", "a.1"]}),
        (["a.10", "a.2"], {"a": {10: "a.10", 2: "a.2"}}),
        (["a.01", "a.2"], {"a": {"01": "a.01", "2": "a.2"}}),
        (["a.²", "a.3"], {"a": {"²": "a.²", "3": "a.3"}}),
        (["a.2", "a.norm"], {"a": {"2": "a.2", "norm": "a.norm"}}),
        (["a", "a.b", "a.b.c"], {"a": "a", "a.b": "a.b", "a.b.c": "a.b.c"}),
        (["q.a", "q.a.b"], {"q": {"a": "q.a", "a.b": "q.a.b"}}),
        (["a..b", ""], {"a..b": "a..b", "": ""}),
        (["a/b.c"], {"a": {"b.c": "a/b.c"}}),
    ],
)
def test_names_become_a_tree(names: list[str], tree):
    assert nested({name: name for name in names}) == tree


def test_a_name_may_have_any_number_of_parts():
    tree = nested({".".join("a" * 5000): 1})
    for _ in range(5000):
        tree = tree["a"]
    assert tree == 1
