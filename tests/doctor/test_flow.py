"""What of a loop needs a result that was waited for, by the names that it goes through."""

from collections.abc import Set
from pathlib import Path
from textwrap import dedent

from eqxviz.doctor.code.flow import Flow


def needing(tmp_path: Path, text: str, waits: int, *, fixed: Set[str] = frozenset()) -> set[int]:
    """Return the lines that need what line `waits` of a module reads."""
    file = tmp_path / "loop.py"
    file.write_text(dedent(text).lstrip())
    flow = Flow(compile(file.read_text(), str(file), "exec"), lambda path: path not in fixed)
    return flow.reached(flow.given_by(waits))[1]


def test_a_history_that_is_only_written_keeps_no_other_line(tmp_path: Path) -> None:
    text = """
        for i in range(9):
            batch = draw(rng)
            loss = step(batch)
            history.append(float(loss))
    """
    assert needing(tmp_path, text, 4, fixed={"loss"}) == {4}


def test_an_action_is_needed_by_the_world_and_by_what_is_observed_in_it(tmp_path: Path) -> None:
    text = """
        for i in range(9):
            action = np.asarray(act(world.observe()))
            world.move(action)
            draw(rng)
    """
    assert needing(tmp_path, text, 2, fixed={"np"}) == {2, 3}


def test_what_an_if_does_that_asks_for_the_result_needs_it(tmp_path: Path) -> None:
    text = """
        value = float(loss)
        if value < best:
            path = save(model)
        upload(path)
        draw(rng)
    """
    assert needing(tmp_path, text, 1, fixed={"loss"}) == {2, 3, 4}


def test_a_method_needs_what_another_one_stored_in_its_object(tmp_path: Path) -> None:
    text = """
        class Buffer:
            def update(self, errors):
                self.weights[:] = errors

            def sample(self):
                return rng.choice(self.weights)

            def name(self):
                return self.title

        errors = np.asarray(step(batch))
        buffer.update(errors)
        batch = buffer.sample()
        title = buffer.name()
    """
    assert needing(tmp_path, text, 11, fixed={"np"}) == {11, 12, 13}
