"""Saving arguments of the step function, or parts of them, while a run goes on."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from eqxviz.capturing import Capture, Gate, Held
from eqxviz.records import (
    MOST_LISTED,
    Checkpoint,
    Checkpoints,
    Done,
    Problem,
    Record,
    SavePlan,
    Severity,
)
from eqxviz.records.naming import name_of_path
from eqxviz.worker import cards, half_written, naming

_NOT_SAVED = "checkpoint-failed"


class Checkpointing:
    """Saves by a plan. Copies are taken in the thread that makes the calls, at the gate; they are
    written in another one, never two at once: what is due meanwhile is saved as soon as it can be,
    at the latest as the script ends.
    """

    def __init__(
        self, gate: Gate, capture: Capture, tell: Callable[[Sequence[Record]], None], run: str
    ) -> None:
        self._gate = gate
        self._capture = capture
        self._tell = tell
        self._run = run  # its name
        self._lock = threading.Lock()
        self._n_plans = 0  # visits for an earlier one do nothing
        self._state = Checkpoints(SavePlan())
        self._paths: tuple[str, ...] = ()  # of arguments or parts of them, once they are known
        # The shape of the argument that each is in, and which of those alike that is.
        self._likes: list[tuple[Any, int]] = []
        self._saved_step = -1
        self._late_step = 0  # the last that was due while another was written; 0: none was
        self._writer: threading.Thread | None = None

    def follow(self, plan: SavePlan) -> Record:
        """Save by `plan` from the next call on. From any thread."""
        named = plan.folder
        folder = Path(named or Path("checkpoints", self._run)).expanduser().absolute()
        plan = replace(plan, folder=str(folder))
        if (why := _why_not(plan)) and plan.is_on:
            return cards.error(
                "bad-plan",
                "Checkpoints cannot be saved in this way",
                why,
                "Correct what is asked for.",
            ).card
        with self._lock:
            self._n_plans += 1
            number = self._n_plans
        self._paths, self._likes, self._late_step = (), [], 0
        self._change(plan=plan)
        self._hold_results(is_wanted=False)
        if plan.is_on:
            # Each run has another folder by itself, in which what it leaves would stay for ever.
            for left in () if named else folder.parent.glob("*/"):
                half_written.remove_left(left)
            self._gate.visit_at(1, lambda held: self._visit(number, held))
        return Done()

    def finish(self) -> None:
        """Save what the last step returned, if that is due or something else still is: the script
        is over.
        """
        observer, plan = self._capture.observer, self._state.plan
        with self._lock:
            self._n_plans += 1
            late, self._late_step = self._late_step, 0
        held = observer.held_result if observer is not None else None
        step, result = held or (0, None)
        is_due = plan.at_end or late or (plan.every and step % plan.every == 0)
        if held is not None and is_due and self._paths and step != self._saved_step:
            self._join()
            self._guarded(step, lambda: self._save(step, self._found_in(result)), late)
        elif late and held is None:
            why = f"the script ended while that of step {self._saved_step:,} was being written"
            self._fail(late, why, "Save to a faster disk, or less often.")
        elif plan.at_end and held is None:
            self._fail(0, "no step was made after the one at which the model was found")
        self._hold_results(is_wanted=False)

    def close(self) -> None:
        """Return when nothing is being written any more."""
        self._join()

    def _visit(self, number: int, held: Held | None) -> None:
        """Save what `held` is given, if that is due; see to it that the next one is."""
        plan, steps = self._state.plan, self._gate.steps()
        if number != self._n_plans or held is None:
            return
        if not self._paths or (plan.every and steps % plan.every == 0) or self._late_step:
            self._guarded(steps, lambda: self._on_due(held, steps))
        self._hold_results(is_wanted=True)
        if plan.every and not self._gate.stop_wanted:
            due = (steps // plan.every + 1) * plan.every
            self._gate.visit_at(due, lambda at: self._visit(number, at))

    def _on_due(self, held: Held, steps: int) -> None:
        values = self._chosen(held)
        every = self._state.plan.every
        is_due = bool(every) and steps % every == 0
        if not (is_due or self._late_step) or steps == self._saved_step:
            return
        with self._lock:
            is_busy = self._writer is not None
            self._late_step = (steps if is_due else self._late_step) if is_busy else 0
        if not is_busy:
            self._save(steps, values)

    def _guarded(self, step: int, act: Callable[[], None], due: int = 0) -> None:
        """Save what is of `step`, instead of that which was `due` at another one."""
        try:
            act()
        except cards.CardError as error:
            self._fail(due or step, error.card.why, error.card.fix)
        except Exception as error:  # noqa: BLE001 - the call is the user's; it must not fail by us
            self._fail(due or step, f"{type(error).__name__}: {error}")

    def _chosen(self, held: Held) -> list[Any]:
        """Return what is to be saved of a call's arguments, and remember what those are like."""
        from eqxviz.capturing.results import tree_shape  # these import JAX
        from eqxviz.worker.arguments import arguments, best_of, with_arrays

        values = with_arrays(arguments(held))
        wanted = _paths_in(self._state.plan.argument)
        missing = [name for name in map(naming.first_name, wanted) if name not in values]
        if missing or not values:
            has = f"it has {', '.join(values)}" if values else "none of them is a tree of arrays"
            why = (
                f"the step function has no argument {missing[0]}" if missing else "it has no model"
            )
            raise cards.error("no-such-name", "", f"{why}: {has}", "Name one that it has.")
        paths = tuple(wanted or self._paths or (best_of(values),))
        found = [_at(path, values[naming.first_name(path)]) for path in paths]
        shapes = {name: tree_shape(value) for name, value in values.items()}
        self._likes = []
        for name in map(naming.first_name, paths):
            alike = [n for n in shapes if shapes[n] == shapes[name]]
            self._likes.append((shapes[name], alike.index(name)))
        self._paths = paths
        return found

    def _found_in(self, result: Any) -> list[Any]:
        """Return what is to be saved, of the parts of a result that go back in as arguments."""
        from eqxviz.capturing.results import tree_shape

        parts = [(part, tree_shape(part)) for part in _parts(result)]
        found: list[Any] = []
        for path, (shape, place) in zip(self._paths, self._likes, strict=True):
            alike = [part for part, its_shape in parts if its_shape == shape]
            if not alike:
                raise cards.error(
                    "no-such-name", "",
                    f"the last step returned nothing that is like {naming.first_name(path)}",
                    "Save by steps: then it is taken from the arguments.",
                )  # fmt: skip
            found.append(_at(path, alike[min(place, len(alike) - 1)]))
        return found

    def _save(self, step: int, values: list[Any]) -> None:
        from eqxviz.worker.leaves_file import on_host

        start = time.monotonic()
        copy = on_host(values[0] if len(values) == 1 else tuple(values))
        stall = time.monotonic() - start
        self._saved_step = step
        self._change(is_writing=True)
        writer = threading.Thread(
            target=lambda: self._write(step, copy, stall), name="eqxviz-checkpoint", daemon=True
        )
        self._writer = writer
        writer.start()

    def _write(self, step: int, copy: Any, stall_seconds: float) -> None:
        from eqxviz.worker.leaves_file import write_leaves

        def write() -> None:
            path = self._free_path(step)
            path.parent.mkdir(parents=True, exist_ok=True)
            done = write_leaves(copy, str(path))
            made = Checkpoint(step, done.path, done.n_bytes, stall_seconds, done.seconds)
            self._take_in(made)

        self._guarded(step, write)
        with self._lock:
            self._writer = None
            number, is_late = self._n_plans, self._late_step > 0
        self._change(is_writing=False)
        if is_late and not self._gate.stop_wanted:
            self._gate.visit_at(0, lambda held: self._visit(number, held))

    def _take_in(self, made: Checkpoint) -> None:
        """Tell of a checkpoint that was written, and remove those that are too many."""
        saved, last = (*self._state.saved, made), self._state.plan.last
        n_over = max(len(saved) - last, 0) if last else 0
        for old in saved[:n_over]:
            Path(old.path).unlink(missing_ok=True)
        n_saved = self._state.n_saved + 1
        self._change(saved=saved[n_over:][-MOST_LISTED:], n_saved=n_saved, failure="")

    def _free_path(self, step: int) -> Path:
        """Return where to write: nothing that is there is replaced."""
        plan = self._state.plan
        suffix = "" if Path(plan.pattern).suffix else ".eqx"
        name = "_".join(map(name_of_path, self._paths))
        path = Path(plan.folder, plan.pattern.format(step=step, name=name) + suffix)
        tried, n = path, 1
        while tried.exists():
            n += 1
            tried = path.with_stem(f"{path.stem}-{n}")
        return tried

    def _fail(self, step: int, why: str, fix: str = "The run goes on without it.") -> None:
        is_news = why != self._state.failure
        self._change(n_failed=self._state.n_failed + 1, failure=why)
        if is_news:
            title = f"The checkpoint of step {step:,} was not saved"
            self._tell([Problem(_NOT_SAVED, Severity.WARNING, title, cards.sentence(why), fix)])

    def _change(self, **changes: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)
            state = self._state
        self._tell([state])

    def _hold_results(self, *, is_wanted: bool) -> None:
        if self._capture.observer is not None:
            self._capture.observer.hold_results(self, is_wanted)

    def _join(self) -> None:
        writer = self._writer
        if writer is not None:
            writer.join()


def _paths_in(text: str) -> list[str]:
    """Return the paths in `text`: "model.layers[0], state" are two. Raises LostNameError."""
    return naming.split_names(text) if text.strip() else []


def _at(path: str, argument: Any) -> Any:
    """Return what `path` leads to in the argument that it begins with."""
    try:
        return naming.look_up(SimpleNamespace(**{naming.first_name(path): argument}), path)
    except naming.LostNameError as error:
        fix = "Write the path as the tree of the arguments has it."
        raise cards.error("no-such-name", "", f"the path {error}", fix) from error


def _parts(result: Any) -> Iterator[Any]:
    """Yield a result, its items, and the items of those."""
    yield result
    for item in _items(result):
        yield item
        yield from _items(item)


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, (tuple, list)):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()


def _why_not(plan: SavePlan) -> str:
    """Return why nothing can be saved by `plan`, as far as that can be told beforehand."""
    try:
        names = {plan.pattern.format(step=step, name="model") for step in (1, 2)}
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        return f"{plan.pattern!r} names no file: {type(error).__name__}: {error}."
    if len(names) == 1 or any(os.sep in name for name in names):
        return f"{plan.pattern!r} names no file for each step."
    try:
        _paths_in(plan.argument)
    except naming.LostNameError as error:
        return f"{error}."
    folder = Path(plan.folder)
    above = next(path for path in (folder, *folder.parents) if path.exists())
    if not above.is_dir():
        return f"{above} is a file, no folder."
    return "" if os.access(above, os.W_OK) else f"{above} cannot be written to."
