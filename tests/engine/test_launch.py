"""Workers start in the environment of the user, changed only where the device asks for it."""

import pytest

from eqxviz.engine.launch import environment


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    for name in ("JAX_PLATFORMS", "CUDA_VISIBLE_DEVICES", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_device_the_choice_is_left_to_jax():
    made = environment(None)
    assert "JAX_PLATFORMS" not in made
    assert "CUDA_VISIBLE_DEVICES" not in made


def test_the_cpu_is_chosen_by_its_platform():
    assert environment("cpu")["JAX_PLATFORMS"] == "cpu"


def test_any_gpu_leaves_all_of_them_visible():
    made = environment("gpu")
    assert made["JAX_PLATFORMS"] == "cuda,cpu"
    assert "CUDA_VISIBLE_DEVICES" not in made


def test_one_gpu_is_the_only_one_that_is_visible():
    assert environment("cuda:1")["CUDA_VISIBLE_DEVICES"] == "1"


def test_a_gpu_is_counted_among_those_that_the_user_left_visible(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    assert environment("cuda:1")["CUDA_VISIBLE_DEVICES"] == "7"
    with pytest.raises(ValueError, match="CUDA_VISIBLE_DEVICES=4,7 leaves 2 devices"):
        environment("cuda:2")


@pytest.mark.parametrize("device", ["tpu", "cpu:1", "cuda:one", "cuda:-1", ""])
def test_other_names_are_refused(device):
    with pytest.raises(ValueError, match="no device is called"):
        environment(device)


def test_a_checkout_is_importable_behind_the_users_own_path(monkeypatch, repository):
    monkeypatch.setenv("PYTHONPATH", "/mine")
    assert environment(None)["PYTHONPATH"] == f"/mine:{repository}"
