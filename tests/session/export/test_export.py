"""What is written of a model: every form says the same tree, and a file is whole or not there."""

import csv
import io
import json
import re
from pathlib import Path

import jax.numpy as jnp
import pytest

from eqxviz.analysis import model_tree
from eqxviz.records import OpenedModel, Target
from eqxviz.session.export import TEXT_FORMS, UnknownFormError, export, form_of
from eqxviz.session.export.page import page

ODD = "</script><b>&\x1b[31m"


def opened(value: object, name: str = "model") -> OpenedModel:
    target = Target(name, "dict", 3)
    other = Target("other", "dict", 4)
    return OpenedModel("/x/model.py", target, (target, other), model_tree(value, name, 1), "f32[2]")


@pytest.fixture
def model() -> OpenedModel:
    shared = jnp.ones((2, 3))
    value = {"a": shared, "b": [shared, jnp.arange(4)], "n": 3, ODD: None, "long": "x" * 500}
    return opened(value)


def written(form: str, model: OpenedModel) -> str:
    return "".join(TEXT_FORMS[form](model))


def page_data(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_text_is_padded_to_what_is_common_and_says_what_is_shared(model: OpenedModel):
    lines = written("text", model).splitlines()
    assert lines[0] == "model → dict: 8 nodes, 5 leaves, 16 parameters (10 distinct), 64 B"
    assert max(map(len, lines)) < 200
    a = next(line for line in lines if line.lstrip().startswith("['a']"))
    assert "same object as model['b'][0]" in a
    assert "\x1b" not in "".join(lines)
    assert lines[-2:] == ["a call takes: f32[2]", "also in this file: other"]


def test_json_is_a_flat_list_whose_parents_come_first(model: OpenedModel):
    data = json.loads(written("json", model))
    nodes = data["nodes"]
    assert data["totals"] == {"nodes": 8, "leaves": 5, "parameters": 16, "bytes": 64}
    assert [node["parent"] for node in nodes] == [-1, 0, 0, 0, 3, 3, 0, 0] or all(
        node["parent"] < i for i, node in enumerate(nodes)
    )
    places = {node["path"]: i for i, node in enumerate(nodes)}
    a = nodes[places["model['a']"]]
    assert (a["shape"], a["dtype"], a["mark"]) == ([2, 3], "float32", "differentiated")
    group = data["groups"][a["shared"]]
    assert group == {
        "kind": "array",
        "nodes": sorted([places["model['a']"], places["model['b'][0]"]]),
    }


def test_csv_has_a_row_a_node(model: OpenedModel):
    rows = list(csv.DictReader(io.StringIO(written("csv", model))))
    assert len(rows) == 8
    by_path = {row["path"]: row for row in rows}
    a, b = by_path["model['a']"], by_path["model['b'][0]"]
    assert (a["shape"], a["dtype"], a["parameters"], a["bytes"]) == ("2x3", "float32", "6", "24")
    assert a["shared"] == b["shared"] != ""


def test_strings_are_written_whole_for_other_programs(model: OpenedModel):
    told = {node["path"]: node for node in json.loads(written("json", model))["nodes"]}
    rows = csv.DictReader(io.StringIO(written("csv", model)))
    assert told["model['long']"]["value"] == repr("x" * 500)
    assert {row["path"]: row["value"] for row in rows}["model['long']"] == repr("x" * 500)
    assert all(len(line) < 200 for line in written("text", model).splitlines())


def test_the_page_needs_nothing_else_and_no_text_ends_its_script(model: OpenedModel):
    text = written("html", model)
    assert "default-src 'none'" in text
    assert not re.search(r"""(src|href)=|@import|url\(""", text)
    data = page_data(text)
    keys = [data["texts"][key] for key in data["key"]]
    assert keys[0] == "model"
    assert data["depth"][0] == 0
    assert any("</script>" in key for key in keys)
    assert text.count("</script>") == 2
    assert all(len(data[column]) == 8 for column in ("what", "mark", "params", "bytes", "share"))


def test_a_page_that_would_be_too_large_shows_the_levels_that_fit(model: OpenedModel):
    text = "".join(page(model, max_nodes=6))
    data = page_data(text)
    assert max(data["depth"]) == 1
    assert "shows those down to level 1, and leaves out 2 below" in text


def test_a_chain_of_nine_hundred_levels_is_written_in_every_form():
    value: object = jnp.ones(1)
    for _ in range(900):
        value = [value]
    model = opened(value)
    for form in TEXT_FORMS:
        assert len(written(form, model)) > 900
    assert len(json.loads(written("json", model))["nodes"]) == 901


def test_an_array_at_many_places_is_written_in_time_that_grows_with_the_tree_alone():
    shared = jnp.ones(2)
    text = written("text", opened([shared] * 20_000))
    assert "and 19,996 more" in text


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.html", "html"), ("a.HTM", "html"), ("a.txt", "text"), ("a.eqxviz", "eqxviz")],
)
def test_the_suffix_says_the_form(name: str, form: str):
    assert form_of(Path(name)) == form


def test_a_suffix_that_says_no_form_is_refused():
    with pytest.raises(UnknownFormError, match=r"tree\.xml does not say .* \.html"):
        form_of(Path("tree.xml"))


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, model: OpenedModel, monkeypatch):
    path = tmp_path / "tree.csv"
    path.write_text("before")

    def breaks(model: OpenedModel):
        yield "half"
        raise OSError("no room")

    monkeypatch.setitem(TEXT_FORMS, "csv", breaks)
    with pytest.raises(OSError, match="no room"):
        export(model, path)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["tree.csv"]


def test_a_folder_and_a_path_through_nothing_are_refused(tmp_path: Path, model: OpenedModel):
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        export(model, tmp_path, "csv")
    with pytest.raises(FileNotFoundError, match="No such file"):
        export(model, tmp_path / "no" / "tree.csv")


def test_a_device_is_written_to_and_stays_one(model: OpenedModel):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    with pytest.raises(OSError, match="No space left"):
        export(model, full, "csv")
    assert full.is_char_device()
