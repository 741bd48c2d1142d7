"""Rules are described without importing them, so that a terminal and the window have them."""

import importlib
import re

import pytest

from eqxviz.cli.main import main
from eqxviz.session.checking.rules import code_of, rules


def test_every_rule_that_judges_can_be_explained_and_no_other():
    from eqxviz.doctor.rules import RULES

    judging = {rule.__name__.rpartition(".")[2].upper(): rule for rule in RULES}
    assert list(rules()) == sorted(judging)
    for code, rule in judging.items():
        assert (rule.CODE, rules()[code].title) == (code, rule.TITLE)


@pytest.mark.parametrize("code", list(rules()))
def test_a_rule_says_how_it_is_mended_with_code_or_where_that_stands(code: str):
    blocks = rules()[code].blocks
    assert any(is_code or "see EQX" in words for words, is_code in blocks)
    assert not any("\n" in words for words, is_code in blocks if not is_code)
    assert all(len(line) <= 100 for line in rules()[code].text.splitlines())


@pytest.mark.parametrize("word", ["EQX110", "eqx110", "110", " EQX110 "])
def test_a_rule_is_found_by_what_one_types(word: str):
    assert code_of(word) == "EQX110"


def test_explaining_a_rule_prints_all_that_is_said_of_it(capsys: pytest.CaptureFixture[str]):
    assert main(["explain", "eqx110"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("EQX110: ")
    docstring = importlib.import_module("eqxviz.doctor.rules.eqx110").__doc__
    assert docstring is not None
    assert docstring.strip().splitlines()[-1].strip() in said


def test_without_a_code_all_rules_are_listed(capsys: pytest.CaptureFixture[str]):
    assert main(["explain"]) == 0
    assert re.findall(r"^(EQX\d+)  \S", capsys.readouterr().out, re.MULTILINE) == list(rules())


def test_a_code_that_there_is_not_is_told_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
):
    assert main(["explain", "EQX999"]) == 2
    said = capsys.readouterr().err
    assert "no rule 'EQX999'" in said
    assert "EQX110" in said
