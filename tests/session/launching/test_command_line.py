"""The line to be copied does in a terminal what the launch does."""

import shlex

import pytest

from eqxviz.cli.main import _parser
from eqxviz.cli.run import launch_of
from eqxviz.engine.launch import Launch
from eqxviz.session.launching.command_line import command_line, launch_words

LAUNCHES = [
    Launch("train.py"),
    Launch("my train.py", ("--steps", "5", "a b", "--")),
    Launch("package.train", ("x",), is_module=True),
    Launch(
        "train.py",
        folder="/a b",
        environment=(("A", "1 2"), ("B", "")),
        python=".venv",
        device="cuda:1",
        cpu_devices=2,
        cores=1,
        memory_fraction=0.5,
        preallocate=False,
        x64=True,
        debug=("nans", "infs"),
        hold=True,
    ),
    Launch("train.py", environment=(("A", "1"), ("OLD", None)), preallocate=True, x64=False),
]


@pytest.mark.parametrize("launch", LAUNCHES, ids=command_line)
def test_the_command_line_reads_back_as_the_launch(launch):
    eqxviz, *words = shlex.split(command_line(launch))
    assert eqxviz == "eqxviz"
    at = words.index("--") if "--" in words else len(words)
    options = _parser().parse_args(words[:at])
    assert launch_of(options, tuple(words[at + 1 :])) == launch


def test_a_secret_is_taken_from_the_shell():
    launch = Launch("a.py", environment=(("HF_TOKEN", "hush"),))
    assert command_line(launch) == 'eqxviz run --env HF_TOKEN="$HF_TOKEN" a.py'


def test_a_launch_is_known_by_its_file_arguments_and_folder():
    assert launch_words(Launch("/x/project/train.py", ("--steps", "5"))) == (
        "train.py --steps 5  –  project"
    )
    long = launch_words(Launch("/x/train.py", ("word",) * 40))
    assert len(long) < 60
    assert "…" in long
