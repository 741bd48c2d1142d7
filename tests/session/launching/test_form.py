"""What is filled in is read as a launch, and what is wrong is said of its field."""

from dataclasses import replace

import pytest

from eqxviz.engine.launch import Launch
from eqxviz.engine.recent import Recent
from eqxviz.session.launching.form import Filled, for_script, read


@pytest.fixture
def filled(tmp_path):
    (tmp_path / "train.py").write_text("")
    return Filled(script=str(tmp_path / "train.py"))


def test_arguments_are_split_as_a_shell_splits_them(filled):
    reading = read(replace(filled, arguments="--steps 5 --name 'a b'"))
    assert reading.launch.argv == ("--steps", "5", "--name", "a b")
    assert reading.errors == {}


def test_a_quote_that_is_not_closed_is_said(filled):
    assert read(replace(filled, arguments="'a b")).errors == {
        "arguments": "No closing quotation: quote as in a shell."
    }


def test_what_is_no_number_is_said_of_each_field(filled):
    errors = read(replace(filled, cpu_devices="x", cores="1.5", memory_fraction="half")).errors
    assert errors.keys() == {"cpu_devices", "cores", "memory_fraction"}
    assert errors["memory_fraction"] == "'half' is no number: 0.5 is half of it."


def test_what_cannot_be_is_said_with_what_to_do(filled):
    errors = read(replace(filled, folder="/no/such", device="tpu")).errors
    assert errors["folder"] == (
        "The working directory /no/such does not exist. Name a folder that is there."
    )
    assert errors["device"].startswith("No device is called 'tpu'. Give")


def test_empty_fields_leave_everything_as_it_is(filled):
    assert read(filled).launch == Launch(filled.script)


def test_rows_without_a_name_and_a_value_are_none(filled):
    rows = (("A", "1"), ("", ""), ("B", None))
    assert read(replace(filled, environment=rows)).launch.environment == (("A", "1"), ("B", None))
    assert "environment" in read(replace(filled, environment=(("", "1"),))).errors


def test_a_launch_and_its_form_say_the_same(filled):
    launch = Launch(
        filled.script,
        ("--name", "a b"),
        environment=(("A", ""), ("B", None)),
        python="own",
        device="cpu",
        cpu_devices=2,
        cores=1,
        memory_fraction=0.25,
        preallocate=False,
        x64=True,
        debug=("nans", "infs"),
        hold=True,
    )
    assert read(Filled.of(Recent(launch, ()))).launch == launch


def test_values_that_were_not_kept_have_their_rows():
    assert Filled.of(Recent(Launch("a.py"), ("HF_TOKEN",))).environment == (("HF_TOKEN", ""),)


def test_a_script_is_offered_as_it_was_run_last():
    last = Launch("/a.py", ("5",), folder="/")
    assert for_script("/a.py", "/here", last, "cpu").arguments == "5"
    assert for_script("/a.py", "/here", last, "cpu").device == "cpu"
    assert for_script("/a.py", "/here", None, None) == Filled("/a.py", folder="/here")
