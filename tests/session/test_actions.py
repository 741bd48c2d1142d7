"""The table of actions: one name and one key each, and nothing enabled that cannot be done."""

from collections import Counter
from pathlib import Path

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.session.actions import ACTIONS, action
from eqxviz.session.session import Session
from tests.owner import Owner


@pytest.fixture
def idle(tmp_path: Path) -> Session:
    """A session of which nothing was asked yet; it has no process."""
    owner = Owner()
    return Session(owner.post, Engine(owner.post, tmp_path))


@pytest.mark.parametrize("column", ["name", "title", "key"])
def test_no_two_actions_have_the_same(column):
    found = Counter(getattr(a, column) for a in ACTIONS if getattr(a, column))
    assert [text for text, n in found.items() if n > 1] == []


def test_every_action_has_an_icon_and_a_title_in_sentence_case():
    for a in ACTIONS:
        assert a.icon.startswith("mdi6.")
        assert a.title == a.title[0].upper() + a.title[1:]
        assert not a.title.endswith(".")


def test_what_needs_a_model_or_a_run_is_disabled_without_them(idle):
    enabled = {a.name for a in ACTIONS if a.enabled(idle) and a.run is not None}
    assert not enabled & {
        *("run.pause", "run.step", "run.stop", "run.continue"),
        *("graph.model", "file.reload", "go.back"),
    }


def test_an_action_is_found_by_its_name():
    assert action("run.pause").key == "F6"
