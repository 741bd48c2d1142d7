"""Commands that show a window, on a machine without a display."""

import pytest

from eqxviz.session.examples import example

PNG = b"\x89PNG"
TRAIN = """
import jax, jax.numpy as jnp

@jax.jit
def make_step(w):
    loss = (w ** 2).sum()
    return loss, w * 0.9

w = jnp.ones(3)
for step in range(50):
    loss, w = make_step(w)
"""


def test_the_start_page_is_pictured(run, tmp_path):
    done = run("--screenshot", tmp_path / "start.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "start.png").read_bytes().startswith(PNG)


def test_a_model_is_pictured(run, tmp_path):
    target = f"{example('polynomial').path}:make_model"
    done = run("open", target, "--screenshot", tmp_path / "model.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "model.png").read_bytes().startswith(PNG)


def test_a_run_is_pictured_after_its_end(run, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    done = run("run", script, "--device", "cpu", "--screenshot", tmp_path / "run.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run.png").read_bytes().startswith(PNG)


@pytest.mark.full
def test_the_demonstration_tells_its_road_and_pictures_it(run, tmp_path):
    done = run("demo", "--screenshot", tmp_path / "demo" / "any.png")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("Opened", "Drew", "Compiled make_step", "loss: ", "finished"):
        assert words in done.stdout
    pictures = list((tmp_path / "demo").glob("*.png"))
    assert len(pictures) >= 4
    assert all(picture.read_bytes().startswith(PNG) for picture in pictures)
