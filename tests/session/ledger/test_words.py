"""Why a function was compiled again, in words."""

from dataclasses import replace

import pytest

from eqxviz.records import Cause, CauseKind, Executable, FunctionSeen
from eqxviz.session.ledger.facts import compile_details, executable_facts, function_details
from eqxviz.session.ledger.why import MOST_CAUSES, why_again, why_compiled
from eqxviz.session.ledger.words import cause_line, reasons, why_line
from eqxviz.session.selection import Selection

from .made_runs import SHAPE, STEP, compiled, run_with


def test_a_cause_is_one_line_of_path_kind_and_change():
    assert cause_line(SHAPE) == "x: shape f32[8,3] → f32[7,3]"
    assert cause_line(Cause(CauseKind.EVICTION, "", "", "")) == "cache eviction"


def test_keys_of_a_dict_come_and_go():
    both = Cause(CauseKind.DICT_KEYS, "batch", "'label'", "'mask'")
    assert cause_line(both) == "batch: dict keys without 'label', with 'mask'"
    assert cause_line(replace(both, old="")) == "batch: dict keys with 'mask'"


def test_of_several_causes_the_line_names_the_first_and_counts_the_others():
    assert why_line(compiled(0)) == "first compilation"
    assert why_line(compiled(1, nearest=0)) == "compiled again"
    assert why_line(compiled(1, nearest=0, causes=(STEP,))) == "step: static value 1 → 2"
    assert why_line(compiled(1, nearest=0, causes=(SHAPE, STEP))).endswith(", and 1 more")


def test_causes_of_all_compilations_are_counted_by_what_they_are_about():
    later = replace(STEP, old="2", new="3")
    events = [
        compiled(0),
        compiled(1, nearest=0, causes=(STEP, SHAPE)),
        compiled(2, nearest=1, causes=(later,)),
    ]
    counted = reasons(events)
    assert [(reason.cause, reason.n_compiles) for reason in counted] == [(later, 2), (SHAPE, 1)]


def test_a_compilation_says_what_changed_the_fix_and_where_to_look():
    run = run_with(compiled(0), compiled(1, nearest=0, call=9, causes=(STEP,)))
    why = why_compiled(run, run.compiles[1])
    assert why.title == "make_step, call 9"
    (told,) = why.told
    assert told.sentence == "`step` is static, and changed from 1 to 2"
    assert "jnp.asarray(step)" in told.remedy
    assert why.links == (
        ("The call at train.py:50", Selection(kind="source", file="/x/train.py", line=50)),
        ("The earlier one, call 1", Selection(kind="compile", function=1, compile=0)),
    )


def test_the_first_compilation_has_nothing_to_be_compared_with():
    run = run_with(compiled(0))
    why = why_compiled(run, run.compiles[0])
    assert why.told == ()
    assert "first compilation" in why.lead


def test_a_remedy_that_holds_for_several_causes_is_said_once():
    causes = tuple(
        Cause(CauseKind.DTYPE, f"model.layers[{i}]", "f32[3]", "bf16[3]") for i in range(3)
    )
    run = run_with(compiled(0), compiled(1, nearest=0, causes=causes))
    told = why_compiled(run, run.compiles[1]).told
    assert [bool(each.remedy) for each in told] == [True, False, False]


def test_of_very_many_causes_some_are_told_and_the_others_counted():
    causes = tuple(replace(SHAPE, path=f"x[{i}]") for i in range(MOST_CAUSES + 5))
    run = run_with(compiled(0), compiled(1, nearest=0, causes=causes))
    why = why_compiled(run, run.compiles[1])
    assert (len(why.told), why.n_untold) == (MOST_CAUSES, 5)


def test_a_function_tells_what_changes_most_often_with_its_latest_values():
    later = replace(STEP, old="2", new="3")
    run = run_with(
        compiled(0),
        compiled(1, nearest=0, causes=(STEP,)),
        compiled(2, nearest=1, causes=(later,)),
    )
    why = why_again(run, 1)
    assert why.lead.startswith("Compiled again 2 times")
    assert (why.told[0].kind, why.told[0].sentence) == (
        "2 × static value, the latest:",
        "`step` is static, and changed from 2 to 3",
    )


def test_a_function_that_was_compiled_once_has_been_reused_since():
    assert "reused" in why_again(run_with(compiled(0)), 1).lead
    assert "not compiled" in why_again(run_with(), 1).lead


def test_details_of_a_compilation_begin_with_its_cause_and_lead_to_the_earlier_one():
    run = run_with(compiled(0), compiled(1, nearest=0, causes=(SHAPE,)))
    run.ledger.add_answer(1, Executable(1, 2048, 828, 17_200, 0, -1, 56_500.0))
    facts = {fact.name: fact for fact in compile_details(run, run.compiles[1]).facts}
    assert facts["Because"].value == cause_line(SHAPE)
    assert facts["Compared with"].link == Selection(kind="compile", function=1, compile=0)
    assert facts["Temporary"].value == "17.2 kB"
    assert "Aliased" not in facts  # nothing is donated


@pytest.mark.parametrize(
    ("has_loop", "said"), [(True, "56.5 kFLOPs, a loop's body once"), (False, "56.5 kFLOPs")]
)
def test_how_a_loop_is_counted_is_said_of_a_program_that_has_one(has_loop: bool, said: str):
    program = Executable(1, 2048, 828, 17_200, 0, -1, 56_500.0, has_loop)
    facts = {fact.name: fact.value for fact in executable_facts(program)}
    assert facts["FLOPs"] == said


def test_details_of_a_function_count_what_made_it_compile_again():
    run = run_with(compiled(0), compiled(1, nearest=0, causes=(SHAPE,)))
    values = [(fact.name, fact.value) for fact in function_details(run, 1).facts]
    assert ("Compiled", "2 ×") in values
    assert ("Again by", f"1 × {cause_line(SHAPE)}") in values


def test_a_function_without_a_file_has_no_link_to_its_code():
    run = run_with()
    run.add(FunctionSeen(9, "<lambda>", "", 0, run.functions[0].flavour, True))
    assert why_again(run, 9).links == ()
