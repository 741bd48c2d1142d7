"""The words for a stop, and the stops that they mean."""

from pathlib import Path

import pytest

from eqxviz.engine.stop_words import StopWordsError, stop_of, words_of
from eqxviz.records import Stop, StopKind


@pytest.mark.parametrize(
    ("words", "stop"),
    [
        ("nan", Stop(1, StopKind.NONFINITE)),
        ("NaN", Stop(1, StopKind.NONFINITE)),
        ("nan in loss", Stop(1, StopKind.NONFINITE, condition="loss")),
        ("recompile", Stop(1, StopKind.RECOMPILE)),
        ("recompile of step", Stop(1, StopKind.RECOMPILE, function="step")),
        ("exception", Stop(1, StopKind.EXCEPTION)),
        ("loss > 10", Stop(1, StopKind.CONDITION, condition="loss > 10")),
        ('metrics["a:1"] <= 3', Stop(1, StopKind.CONDITION, condition='metrics["a:1"] <= 3')),
        ("make_step", Stop(1, StopKind.CALL, function="make_step")),
        ("Trainer.step", Stop(1, StopKind.CALL, function="Trainer.step")),
        ("step if i == 7", Stop(1, StopKind.CALL, function="step", condition="i == 7")),
    ],
)
def test_words_mean_a_stop_and_the_stop_says_the_same_words_again(words: str, stop: Stop) -> None:
    assert stop_of(words, 1) == stop
    assert stop_of(words_of(stop), 1) == stop


def test_a_line_is_of_a_file_in_the_folder_or_beside_the_script(tmp_path: Path) -> None:
    script, other = tmp_path / "src" / "train.py", tmp_path / "data.py"
    script.parent.mkdir()
    script.write_text("")
    other.write_text("")

    def line(words: str) -> Stop:
        return stop_of(words, 0, str(tmp_path), str(script))

    assert line("data.py:3") == Stop(0, StopKind.LINE, str(other), 3)
    assert line("train.py:41") == Stop(0, StopKind.LINE, str(script), 41)
    assert line(":41") == Stop(0, StopKind.LINE, str(script), 41)
    guarded = line("src/train.py:41 if loss > 3")
    assert guarded == Stop(0, StopKind.LINE, str(script), 41, condition="loss > 3")
    assert line(words_of(guarded)) == guarded


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("  ", "nothing to stop at"),
        ("3 +", "is nothing to stop at"),
        ("step if )", "is no expression"),
        ("nowhere.py:3", "There is no file .*nowhere.py"),
        (":3", "names no file"),
        ("loss >", "`loss >` cannot be read"),
        ("loss == nan", "NaN equals no number.* Write `nan in loss`"),
        ("f(loss) > 2", "cannot stand in a condition"),
        (f"{__file__}:0", "counted from 1"),
    ],
)
def test_words_that_mean_none_say_why(words: str, why: str) -> None:
    with pytest.raises(StopWordsError, match=why):
        stop_of(words, 0)
