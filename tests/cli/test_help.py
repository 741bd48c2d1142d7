"""What `--help` says."""

import pytest

from eqxviz.cli.main import main


@pytest.mark.parametrize(
    "words",
    ["", "open", "graph", "run", "attach", "runs", "runs export", "compare", "demo", "learn"],
)
def test_help_fits_a_terminal_of_80_columns_and_says_in_a_sentence_what_it_is_for(
    words: str, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match="0"):
        main([*words.split(), "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert any(line.endswith(".") for line in lines)
