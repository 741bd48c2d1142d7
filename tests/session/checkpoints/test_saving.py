"""What is said of files that were saved, by hand and by a run."""

from dataclasses import replace

from eqxviz.records import Checkpoint, Checkpoints, Saved, SavePlan
from eqxviz.session.checkpoints.saving import news_text, saved_text, state_text

PLAN = SavePlan(every=10, folder="/out")
MADE = Checkpoint(20, "/out/model_000020.eqx", 2_000_000, 0.002, 0.25)
STATE = Checkpoints(PLAN, (MADE,), n_saved=1)


def test_what_was_saved_is_named_with_its_size_and_its_keys() -> None:
    saved = Saved("/a/layer.eqx", 3, 2048, 0, 0.1)
    assert saved_text(saved) == "Saved layer.eqx (2.05 kB)"
    assert saved_text(replace(saved, n_keys=1)).endswith("kB, a PRNG key as its data)")
    assert saved_text(replace(saved, n_keys=2)).endswith("kB, 2 PRNG keys as their data)")


def test_the_state_says_the_last_step_its_file_and_its_seconds() -> None:
    assert state_text(STATE) == (
        "Saved step 20: /out/model_000020.eqx (2.00 MB, written in 250 ms; the run waited 2.00 ms)."
    )


def test_the_state_counts_what_was_removed_and_what_failed_and_why() -> None:
    state = replace(STATE, n_saved=4, n_failed=2, failure="No space left on device")
    assert "4 in all, 1 still there" in state_text(state)
    assert state_text(state).endswith("2 failed: No space left on device.")


def test_a_run_that_saves_nothing_says_so() -> None:
    for state in (None, Checkpoints(SavePlan())):
        assert state_text(state) == "The run saves nothing by itself."
    assert state_text(Checkpoints(PLAN)) == "Nothing was saved yet; it goes to /out."


def test_only_a_new_checkpoint_is_news() -> None:
    assert news_text(None, STATE) == "Saved step 20 to model_000020.eqx in 250 ms"
    assert news_text(STATE, replace(STATE, is_writing=True)) == ""
