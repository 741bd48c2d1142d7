"""The filter playground without a window: building, undoing, warning, following the model."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore as eqx
from eqxviz.analysis import model_tree, spec_mask
from eqxviz.records import EvaluateSpec, OpenedModel, Record, Target
from eqxviz.session.columns import Cells
from eqxviz.session.filters.filter_spec import EXCLUDE, INCLUDE, USUAL, FilterSpec
from eqxviz.session.filters.playground import PRESETS, Playground
from eqxviz.session.filters.predicates import Predicate, classes_in, dtypes_in
from eqxviz.session.session import Session
from eqxviz.session.xray import XRay


class Tied(eqx.Module):
    """A layer at two places, an integer array, a static leaf."""

    first: eqx.nn.Linear
    again: eqx.nn.Linear
    counts: jax.Array
    bias: jax.Array
    mode: str


def tied() -> Tied:
    layer = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    return Tied(layer, layer, jnp.arange(3), jnp.ones(2), "train")


class DeskSession(Session):
    """A session whose worker evaluates at once, in this process, or when a test lets it."""

    def __init__(self) -> None:
        super().__init__(lambda job: job(), object())  # type: ignore[arg-type]  # never asked
        self.value_of: Any = None
        self.asked: list[str] = []
        self.cancelled: list[str] = []
        self.waiting: list[Callable[[], None]] = []
        self.is_slow = False

    def show(self, value: Any, name: str = "model", revision: int = 1) -> None:
        self.value_of = value
        target = Target(name, type(value).__name__, 1)
        tree = model_tree(value, name, revision)
        self.model = OpenedModel("/x/model.py", target, (target,), tree, "")
        self.model_state = "filled"
        self.model_changed.emit()
        self.playground.follow()

    def ask_model(
        self, request: Callable[[OpenedModel], Record], answered: Callable[[Record], None]
    ) -> Callable[[], None]:
        assert self.model is not None
        asked = request(self.model)
        assert isinstance(asked, EvaluateSpec)
        self.asked.append(asked.code)
        name = self.model.tree.name
        answer = spec_mask(self.value_of, name, asked.code, asked.revision)
        if self.is_slow:
            self.waiting.append(lambda: answered(answer))
        else:
            answered(answer)
        return lambda: self.cancelled.append(asked.code)


@pytest.fixture
def session() -> DeskSession:
    return DeskSession()


@pytest.fixture
def playground(session: DeskSession) -> Playground:
    session.show(tied())
    return session.playground


def node(playground: Playground, path: str) -> int:
    tree = playground.order.tree
    return next(n for n in range(len(tree)) if tree.path(n) == path)


def selected(playground: Playground) -> list[str]:
    tree = playground.order.tree
    return [tree.path(int(n)) for n in playground.order.leaves if playground.split.mask[n]]


def codes(playground: Playground) -> list[str]:
    return [warning.code for warning in playground.split.warnings]


ALL = [
    *("model.first.weight", "model.first.bias", "model.again.weight", "model.again.bias"),
    "model.bias",
]


def test_without_a_model_there_is_nothing_to_split(session: DeskSession):
    assert session.playground.split is None
    assert session.playground.code() == ""
    session.playground.edit(0, EXCLUDE)
    session.playground.toggle(0)
    session.playground.freeze(0)
    assert session.playground.spec == FilterSpec()


def test_it_begins_with_what_filter_grad_differentiates(playground: Playground):
    assert selected(playground) == ALL
    assert codes(playground) == []
    assert playground.frozen_mask is None


def test_a_click_moves_a_subtree_and_a_second_one_brings_it_back(playground: Playground):
    playground.toggle(node(playground, "model.first"))
    assert selected(playground) == ALL[2:]
    playground.toggle(node(playground, "model.first"))
    assert selected(playground) == ALL
    assert playground.spec == FilterSpec()


def test_what_comes_in_is_what_can_be_trained_or_else_all(playground: Playground):
    playground.toggle(0)
    assert selected(playground) == []
    playground.toggle(0)
    assert selected(playground) == ALL
    playground.toggle(node(playground, "model.mode"))
    assert selected(playground)[-1] == "model.mode"


def test_an_edit_above_hides_those_below(playground: Playground):
    playground.edit(node(playground, "model.first.weight"), EXCLUDE)
    playground.edit(node(playground, "model.first"), EXCLUDE)
    assert [e.node for e in playground.spec.edits] == [node(playground, "model.first")]
    playground.edit(node(playground, "model.first.weight"), INCLUDE)
    assert selected(playground) == ["model.first.weight", *ALL[2:]]
    assert len(playground.spec.edits) == 2


def test_the_halves_add_up(playground: Playground):
    playground.edit(node(playground, "model.first"), EXCLUDE)
    tree, halves = playground.order.tree, playground.split.halves
    for n in range(len(tree)):
        both = zip(halves.amounts(n, True), halves.amounts(n, False), strict=True)
        totals = (int(tree.n_leaves[n]), int(tree.n_params[n]), int(tree.n_bytes[n]))
        assert tuple(a + b for a, b in both) == totals
    assert halves.amounts(0, True) == (3, 8, 32)


def test_undo_and_redo_walk_the_specs(playground: Playground):
    assert not playground.can_undo
    playground.set_spec(FilterSpec(Predicate("is_array")))
    playground.edit(node(playground, "model.first"), EXCLUDE)
    last = playground.spec
    playground.undo()
    assert playground.spec == FilterSpec(Predicate("is_array"))
    playground.undo()
    assert playground.spec == FilterSpec()
    assert not playground.can_undo
    playground.undo()
    playground.redo()
    playground.redo()
    assert playground.spec == last
    assert not playground.can_redo
    playground.undo()
    playground.set_spec(FilterSpec())
    assert not playground.can_redo


def test_what_is_held_back_is_marked_as_frozen(playground: Playground):
    playground.toggle(node(playground, "model.bias"))
    tree = playground.order.tree
    assert [tree.path(int(n)) for n in np.flatnonzero(playground.frozen_mask)] == ["model.bias"]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (Predicate("nothing"), ["selects-nothing"]),
        (Predicate("everything"), ["selects-everything", "trains-static", "trains-integers"]),
        (Predicate("is_array"), ["trains-integers"]),
        (Predicate("path", "first.weight"), ["splits-shared"]),
    ],
)
def test_doubtful_specs_are_warned_of(playground: Playground, base, expected: list[str]):
    playground.set_spec(FilterSpec(base))
    assert codes(playground) == expected


def test_warnings_name_the_paths(playground: Playground):
    playground.set_spec(FilterSpec(Predicate("everything")))
    texts = {warning.code: warning.text for warning in playground.split.warnings}
    assert "model.mode ('train')" in texts["trains-static"]
    assert "model.counts (i32[3])" in texts["trains-integers"]
    playground.set_spec(FilterSpec().edited(
        playground.order, node(playground, "model.again.bias"), EXCLUDE
    ))  # fmt: skip
    (split,) = playground.split.warnings
    assert "model.first.bias is selected and model.again.bias is not" in split.text
    assert split.nodes == (
        node(playground, "model.first.bias"),
        node(playground, "model.again.bias"),
    )


def test_an_array_that_is_shared_by_itself_is_not_to_be_split(session: DeskSession):
    weight = jnp.ones(3)
    session.show([weight, weight, jnp.zeros(1)])
    session.playground.toggle(2)
    (warning,) = session.playground.split.warnings
    assert "model[0] is selected and model[1] is not" in warning.text


def test_code_runs_beside_the_model_once_and_is_kept(playground: Playground, session: DeskSession):
    session.asked.clear()
    rule = FilterSpec(Predicate("lambda", "lambda leaf: isinstance(leaf, str)"))
    playground.set_spec(rule)
    assert selected(playground) == ["model.mode"]
    playground.undo()
    playground.redo()
    assert session.asked == ["lambda leaf: isinstance(leaf, str)"]


def test_while_code_runs_the_last_split_stays(playground: Playground, session: DeskSession):
    session.is_slow = True
    playground.set_spec(FilterSpec(Predicate("lambda", "eqx.is_array_like")))
    assert playground.is_working
    assert selected(playground) == ALL
    playground.set_spec(FilterSpec(Predicate("nothing")))
    session.waiting.pop()()
    assert selected(playground) == []
    assert not playground.is_working


def test_code_that_fails_is_a_problem_with_its_line_and_the_last_split_stays(
    playground: Playground,
):
    playground.set_spec(FilterSpec(Predicate("code", "rule = eqx.is_array\nfilter_spec = ruel")))
    assert playground.problem is not None
    assert playground.problem.line == 2
    assert selected(playground) == ALL
    playground.undo()
    assert playground.problem is None


def test_code_that_failed_can_be_run_again(playground: Playground, session: DeskSession):
    session.asked.clear()
    playground.set_spec(FilterSpec(Predicate("code", "filter_spec = [True]")))
    assert playground.problem.code == "spec-not-prefix"
    playground.run_again()
    assert len(session.asked) == 2
    assert playground.problem.code == "spec-not-prefix"


def test_notes_of_the_code_are_told(playground: Playground):
    playground.set_spec(FilterSpec(Predicate("lambda", "lambda leaf: 1")))
    (note,) = playground.split.notes
    assert note.code == "spec-not-bool"


def test_presets_and_the_choices_of_the_model(playground: Playground):
    by_title = {preset.title: preset for preset in PRESETS}
    playground.apply(by_title["Train the selected node only"], node(playground, "model.again"))
    assert selected(playground) == ALL[2:4]
    playground.apply(by_title["Freeze the selected node only"], node(playground, "model.again"))
    assert selected(playground) == [*ALL[:2], "model.bias"]
    assert classes_in(playground.order) == ["Linear", "Tied"]
    assert dtypes_in(playground.order) == ["float32", "int32"]


def test_freezing_holds_a_layer_back_and_asks_for_the_training_step(playground: Playground):
    assert playground.can_freeze(node(playground, "model.first"))
    assert not playground.can_freeze(node(playground, "model.mode"))
    assert not playground.can_freeze(10_000)
    playground.freeze(node(playground, "model.first"))
    assert selected(playground) == ALL[2:]
    assert playground.code_name == "partition"
    assert "eqx.partition(model, filter_spec)" in playground.code()
    playground.show_code("stop_gradient")
    assert "jax.lax.stop_gradient" in playground.code()


def test_freezing_begins_anew_where_more_was_selected_than_can_be_trained(playground: Playground):
    playground.set_spec(FilterSpec(Predicate("is_array")))
    playground.freeze(node(playground, "model.first"))
    assert selected(playground) == ALL[2:]


def test_a_reload_keeps_the_spec_by_path(playground: Playground, session: DeskSession):
    playground.edit(node(playground, "model.again"), EXCLUDE)
    playground.edit(node(playground, "model.bias"), EXCLUDE)
    session.show(eqx.nn.Sequential([tied()]), revision=2)
    assert playground.spec.edits == ()
    session.show(tied(), revision=3)
    playground.edit(node(playground, "model.again"), EXCLUDE)
    session.show({"more": jnp.ones(1), "again": 1}, revision=4)
    session.show(tied(), revision=5)
    assert playground.spec.edits == ()
    playground.edit(node(playground, "model.again"), EXCLUDE)
    session.show(tied(), revision=6)
    assert [playground.order.tree.path(e.node) for e in playground.spec.edits] == ["model.again"]
    assert playground.can_undo


def test_another_model_begins_anew(playground: Playground, session: DeskSession):
    playground.edit(node(playground, "model.again"), EXCLUDE)
    session.show([jnp.ones(1)], "other")
    assert playground.spec == FilterSpec()
    assert not playground.can_undo


def test_the_library_of_a_plain_tree_is_asked_for(session: DeskSession):
    session.show({"w": jnp.ones(1)})
    playground = session.playground
    assert session.asked == ["False"]
    library = spec_mask({"w": jnp.ones(1)}, "model", "False", 1).library
    assert playground.code().startswith(f"import {library} as eqx")
    assert playground.split.spec.base == USUAL


def test_the_session_tells_what_the_filter_holds_back(session: DeskSession):
    heard: list[bool] = []
    session.show(tied())
    assert session.frozen_mask is None
    session.filter_changed.connect(lambda: heard.append(True))
    session.playground.toggle(node(session.playground, "model.bias"))
    assert heard
    assert session.frozen_mask is not None
    assert np.flatnonzero(session.frozen_mask).tolist() == [node(session.playground, "model.bias")]
    cells = Cells(session.model.tree, XRay(session.model.tree), session.frozen_mask)
    assert cells.word(node(session.playground, "model.bias"), "filter") == ("frozen", "frozen")


def test_a_tree_that_still_grows_is_waited_for(session: DeskSession):
    session.show(tied())
    whole = session.model
    session.model = replace(whole, tree=replace(whole.tree, is_complete=False))
    session.tree_grew.emit()
    playground = session.playground
    playground.follow()
    assert playground.split is None
    session.model = whole
    session.tree_grew.emit()
    assert playground.split is None
    playground.follow()
    assert selected(playground) == ALL


def test_code_that_is_given_up_leaves_the_filter_that_is_shown(
    playground: Playground, session: DeskSession
):
    session.is_slow = True
    playground.set_spec(FilterSpec(Predicate("lambda", "eqx.is_array_like")))
    playground.cancel()
    assert not playground.is_working
    assert playground.spec == FilterSpec()
    assert session.cancelled == ["eqx.is_array_like"]


def test_a_large_model_is_looked_through_in_a_thread(
    session: DeskSession, monkeypatch: pytest.MonkeyPatch
):
    works: list[Callable[[], None]] = []
    monkeypatch.setattr(
        session, "in_background", lambda work, done: works.append(lambda: done(work()))
    )
    monkeypatch.setattr("eqxviz.session.filters.playground._LARGE", 3)
    session.show(tied())
    playground, tree = session.playground, session.model.tree
    assert playground.is_settling
    assert playground.order is None
    counts = next(n for n in range(len(tree)) if tree.path(n) == "model.bias")
    playground.set_spec(FilterSpec(EXCLUDE))  # there is nothing yet that it could be of
    playground.freeze(counts)
    works.pop()()
    assert not playground.is_settling
    assert "model.bias" not in selected(playground)
    assert "model.first.weight" in selected(playground)
    # What was read again twice meanwhile is followed from the model that the filter is of.
    session.show(tied(), revision=2)
    session.show(tied(), revision=3)
    for work in works:
        work()
    assert playground.order.tree is session.model.tree
    assert "model.bias" not in selected(playground)
