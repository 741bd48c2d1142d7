"""Live arrays by shape: what there is, what came since the start, and what leaks."""

from eqxviz.session.system.live_arrays import (
    growth_text,
    leak_words,
    live_groups,
    live_summary,
)
from tests.session.system.made_samples import history, sample


def test_the_largest_groups_come_first():
    groups = live_groups(history(60))
    assert [group.aval for group in groups] == ["f32[768,768]", "f32[768]", "f32[]"]
    assert groups[0].count == 48
    assert (groups[0].new, growth_text(groups[0])) == (0, "0")


def test_a_list_of_losses_is_a_leak_and_what_comes_and_goes_is_none():
    leaking = {group.aval: group for group in live_groups(history(60, leaks=True))}
    assert [aval for aval, group in leaking.items() if group.is_growing] == ["f32[]"]
    assert growth_text(leaking["f32[]"]) == "▲ +44.0 k"
    assert "f32[]" in leak_words(list(leaking.values()))
    assert "append float(loss)" in leak_words(list(leaking.values()))
    assert leak_words(live_groups(history(60))) == ""


def test_growth_counts_from_when_steps_are_made_not_from_the_imports():
    samples = [sample(1.0, 0), sample(2.0, 0, live={"f32[3]": (4, 48)})]
    (group,) = live_groups(samples)
    assert group.new is None
    assert growth_text(group) == "–"
    samples += [sample(3.0 + i, 10 + i, live={"f32[3]": (10, 120)}) for i in range(5)]
    (group,) = live_groups(samples)
    assert group.new == 0


def test_what_was_not_listed_at_the_start_may_have_been_there():
    listed = {"f32[9]": (1, 36)}
    samples = [sample(1.0 + i, 1 + i, live=listed, n_more=5) for i in range(3)]
    samples.append(sample(9.0, 9, live={**listed, "f32[2]": (3, 24)}, n_more=1))
    groups = {group.aval: group for group in live_groups(samples)}
    assert groups["f32[9]"].new == 0
    assert groups["f32[2]"].new is None
    whole = [sample(1.0 + i, 1 + i, live=listed) for i in range(3)]
    whole.append(sample(9.0, 9, live={**listed, "f32[2]": (3, 24)}))
    assert {g.aval: g.new for g in live_groups(whole)} == {"f32[9]": 0, "f32[2]": 3}


def test_the_summary_counts_all_arrays():
    assert live_summary([]) == ""
    assert live_summary([sample(1.0, 0, live={"f32[2]": (1, 8)})]) == "1 live array, 8 B"
    words = live_summary(history(60, leaks=True))
    assert words.startswith("45,746 live arrays, 114 MB, +44.0 k")
    assert words.endswith("since step 1,600")
