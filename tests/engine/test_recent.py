"""What was run is kept whole, but for secrets."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqxviz.engine.launch import DEBUG_FLAGS, Launch
from eqxviz.engine.recent import from_text, is_secret, to_text

_TEXT = st.text(max_size=8)
_NAMES = st.text("ABC_", min_size=1, max_size=5)


@given(
    st.builds(
        Launch,
        script=st.text(string.ascii_letters, min_size=1),
        argv=st.lists(_TEXT).map(tuple),
        is_module=st.booleans(),
        folder=_TEXT,
        environment=st.lists(st.tuples(_NAMES, st.none() | _TEXT)).map(tuple),
        python=_TEXT,
        device=st.none() | st.sampled_from(["cpu", "cuda:1"]),
        cpu_devices=st.none() | st.integers(1, 8),
        cores=st.none() | st.integers(1, 8),
        memory_fraction=st.none() | st.floats(0.1, 1),
        preallocate=st.none() | st.booleans(),
        x64=st.none() | st.booleans(),
        debug=st.lists(st.sampled_from(list(DEBUG_FLAGS)), unique=True).map(tuple),
        hold=st.booleans(),
        stops=st.lists(_TEXT).map(tuple),
        keep_calls=st.booleans(),
        dynamics_every=st.none() | st.integers(1, 8),
        save_every=st.none() | st.integers(1, 8),
        save_at_end=st.booleans(),
        save_to=_TEXT,
        save_as=_TEXT,
        save_what=_TEXT,
        save_last=st.none() | st.integers(1, 8),
    )
)
def test_a_launch_comes_back_as_it_was(launch):
    text = to_text(launch)
    assert "\n" not in text
    assert from_text(text) == (launch, ())


@pytest.mark.parametrize("name", ["HF_TOKEN", "api_key", "WANDB_API_KEY", "MySecret", "PASSWORD"])
def test_the_value_of_a_secret_is_not_kept(name):
    launch = Launch("a.py", environment=((name, "hush"), ("A", "1"), ("OTHER_KEY", None)))
    text = to_text(launch)
    assert "hush" not in text
    recent = from_text(text)
    assert recent.forgotten == (name,)
    assert recent.launch.environment == (("A", "1"), ("OTHER_KEY", None))


def test_an_ordinary_name_is_no_secret():
    assert not is_secret("JAX_PLATFORMS")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"script": 3}',
        '{"script": "a.py", "argv": 3}',
        '{"script": "a.py", "cores": "2"}',
        '{"script": "a.py", "of_another_version": 1}',
        '{"script": "a.py", "environment": [["A"]]}',
    ],
)
def test_what_is_damaged_is_none(text):
    assert from_text(text) is None


def test_what_is_left_as_it_is_takes_no_room():
    assert json.loads(to_text(Launch("a.py"))) == {"script": "a.py"}
