"""Devices are listed by a process of its own."""


def test_the_devices_of_this_machine_are_listed(engine, owner):
    answers = []
    engine.list_devices(answers.append)
    owner.run_until(lambda: answers)
    assert answers[0][0].name == "cpu"


def test_a_jax_that_cannot_start_is_a_problem(engine, owner, monkeypatch, tmp_path):
    (tmp_path / "jax.py").write_text("raise ImportError('no jaxlib here')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    answers = []
    engine.list_devices(answers.append)
    owner.run_until(lambda: answers)
    assert answers[0].code == "no-devices"
    assert "no jaxlib here" in answers[0].why
