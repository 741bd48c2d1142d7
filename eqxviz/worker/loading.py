"""Finding what in a user's file can be opened."""

import ast
import inspect
import os
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax

from eqxviz.analysis import compat, is_model_like, named_trees, why_not_a_model
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.modules import is_layer_class, is_module, is_module_class
from eqxviz.analysis.optimiser import is_optimiser_state
from eqxviz.records import Target
from eqxviz.worker import cards, naming
from eqxviz.worker.importing import load

MODEL_NAMES = ("model", "net", "network", "params", "parameters")
_MAKERS = ("make", "build", "create", "init", "get", "new", "load")
_ANY_FUNCTION = 7  # the rank of what may make a model, and is called only when it is chosen
_KEYS = ("key", "rng", "rng_key", "prng_key")


@dataclass(frozen=True)
class Candidate:
    """Something in a file that can be opened; `make` returns the PyTree."""

    target: Target
    make: Callable[[], Any]
    rank: tuple[int, int]  # the lowest is opened when no name is given

    @property
    def is_made(self) -> bool:
        """Whether it is made by a call, and not there already."""
        return self.target.type in ("function", "class")

    @property
    def is_of_model(self) -> bool:
        """Whether its name or its class says that it is a model, or makes one."""
        return self.rank[0] in (0, 1, 2, 4)

    @property
    def may_be_chosen(self) -> bool:
        """Whether it may be opened without being named: a name or a class says what it is for."""
        return self.rank[0] < _ANY_FUNCTION


class UserFile:
    """A file of the user's, loaded.

    `arguments` are given to what is called to make a model, as far as it takes them. With a
    `module`, that is the file as it was loaded before.
    """

    def __init__(
        self,
        path: str,
        arguments: Mapping[str, Any] | None = None,
        module: types.ModuleType | None = None,
    ) -> None:
        self.path = path
        self._stamp = _stamp(path)
        self.module = load(self.path) if module is None else module
        self._arguments = dict(arguments or {})
        self._lines = _lines_of_names(self.path)

    @property
    def is_edited(self) -> bool:
        """Whether the file is another one than was loaded."""
        return _stamp(self.path) != self._stamp

    def functions(self) -> dict[str, int]:
        """Return the line of each function that the file defines or assigns, by name."""
        return {
            name: self._lines[name]
            for name, value in vars(self.module).items()
            if name in self._lines and not name.startswith("_") and is_function(value)
        }

    def line_of(self, name: str) -> int:
        """Return the line at which the file defines what `name` begins with; 0 if it does not."""
        return self._lines.get(naming.first_name(name), 0)

    def variables(self) -> list[str]:
        """Return the names of what the file makes that is neither function, class nor module."""
        values = vars(self.module)
        return [n for n in self._own_names() if not isinstance(values[n], type)
                and not is_function(values[n])]  # fmt: skip

    def candidates(self) -> list[Candidate]:
        """Return what can be opened, the best first; at the end models with their optimisers."""
        names = vars(self.module)
        found = [c for name in names if (c := self._candidate(name)) is not None]
        found.sort(key=lambda candidate: candidate.rank)
        states = [c for c in found if is_optimiser_state(names[c.target.name])]
        others = [c for c in found if c not in states]
        others = [c for c in others if c.may_be_chosen]
        there = [c for c in others if not c.is_made] or others[:1]
        models = [c for c in there if c.rank[0] == there[0].rank[0]]
        return [*found, _together([*models, *states])] if states and models else found

    def find(self, name: str) -> Candidate:
        """Return what is called `name`, or the best if it is "".

        Several names with commas in between, "model,opt_state", are one tree.

        Raises:
            CardError: If there is nothing of that name, or nothing at all.
        """
        candidates = self.candidates()
        if not name and candidates and candidates[0].may_be_chosen:
            return candidates[0]
        if not name:
            raise self._nothing_to_open()
        try:
            names = naming.split_names(name)
            if len(names) > 1:
                return _together([self._named(each, candidates) for each in names])
            return self._named(names[0], candidates)
        except naming.LostNameError as problem:
            known = [c.target.name for c in candidates] or list(self._own_names())
            if problem.missing in ("", naming.first_name(name)):
                raise cards.no_such_name(name, known, self.path, str(problem)) from problem
            raise cards.error(
                "no-such-name", f"There is no {problem.missing} in the file", str(problem),
                "Correct the name; the model opened whole shows what there is.", self.path,
                self._lines.get(naming.first_name(name), 0),
            ) from problem  # fmt: skip

    def check_arguments(self, chosen: Candidate) -> None:
        """Refuse arguments that what makes `chosen` does not take.

        Where all that it takes are given, the others are of something else: notes on a training.

        Raises:
            CardError: If there are such.
        """
        maker = vars(self.module).get(chosen.target.name) if chosen.is_made else None
        if maker is None or not self._arguments:
            return
        try:
            parameters = inspect.signature(maker).parameters.values()
        except (TypeError, ValueError):
            return
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            return
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        takes = [p.name for p in parameters if p.kind in kinds and p.name not in _KEYS]
        odd = [f"`{name}`" for name in self._arguments if name not in (*takes, *_KEYS)]
        if odd and not set(takes) <= set(self._arguments):
            name = chosen.target.name
            raise cards.error(
                "unknown-hyperparameters",
                f"{name} takes no {', '.join(odd)}",
                f"The first line of the weights names it; {name} takes {', '.join(takes)}.",
                "Correct that line, or open what made the model when it was saved.",
                self.path, chosen.target.line,
            )  # fmt: skip

    def _named(self, name: str, candidates: list[Candidate]) -> Candidate:
        for candidate in candidates:
            if candidate.target.name == name:
                return candidate
        first, rest = naming.made_name(name)
        for candidate in candidates:
            if rest and candidate.is_made and candidate.target.name == first:
                return self._part(candidate, first + rest)
        value = naming.look_up(self.module, name)
        line = self._lines.get(naming.first_name(name), 0)
        target = Target(name, _kind(value), line)
        return Candidate(target, self._made_from(name, value), (0, 0))

    def _part(self, whole: Candidate, name: str) -> Candidate:
        """Return the candidate that makes `whole` and takes a part of it: "make.layers[0]"."""

        def make() -> Any:
            made = types.SimpleNamespace(**{whole.target.name: whole.make()})
            try:
                return naming.look_up(made, name)
            except naming.LostNameError as problem:
                raise cards.error(
                    "no-such-name", f"There is no {problem.missing or name} in what is made",
                    str(problem), "Correct the name; the model opened whole shows what there is.",
                    self.path, whole.target.line,
                ) from problem  # fmt: skip

        return Candidate(Target(name, "part", whole.target.line), make, (0, 0))

    def _made_from(self, name: str, value: Any) -> Callable[[], Any]:
        """Return what makes the PyTree of something that was asked for by name."""
        if isinstance(value, type) or inspect.isroutine(value):
            arguments = self._arguments_of(value)
            if arguments is None:
                raise self._needs_arguments("not-a-model", name, value)
            return lambda: value(**arguments())
        return lambda: value

    def _candidate(self, name: str) -> Candidate | None:
        value = vars(self.module)[name]
        if name.startswith("_") or isinstance(value, types.ModuleType):
            return None
        line = self._lines.get(name, 0)
        if isinstance(value, type) or inspect.isroutine(value):
            if getattr(value, "__module__", None) != self.module.__name__:
                return None
            rank = _maker_rank(name, value)
            arguments = self._arguments_of(value) if rank is not None else None
            if rank is None or arguments is None:
                return None
            target = Target(name, _kind(value), line)
            return Candidate(target, lambda: value(**arguments()), (rank, line))
        rank = _value_rank(name, value)
        if rank is None or name not in self._lines:
            return None
        return Candidate(Target(name, type(value).__name__, line), lambda: value, (rank, line))

    def _own_names(self) -> Iterator[str]:
        for name in vars(self.module):
            if name in self._lines and not name.startswith("_"):
                yield name

    def _arguments_of(self, value: Any) -> Callable[[], dict[str, Any]] | None:
        return _call_arguments(value, self._arguments)

    def _nothing_to_open(self) -> cards.CardError:
        nearly = [error for name in self._own_names() if (error := self._why_not(name)) is not None]
        if len(nearly) == 1:
            return nearly[0]
        names = [f"{n} ({_kind(vars(self.module)[n])})" for n in self._own_names()]
        found = f"What it has: {', '.join(names[:20])}." if names else "It defines no names."
        return cards.error(
            "nothing-to-open",
            "The file has no model",
            "No module-level PyTree with arrays, no function such as make_model() that can be "
            f"called without arguments or with a key, and no such Module class. {found}",
            "Add `def make_model(): ...` that returns the model, or name what is to be opened: "
            "FILE.py:NAME.",
            self.path,
        )

    def _why_not(self, name: str) -> cards.CardError | None:
        """Return why something that looks like a model cannot be opened; None for all else."""
        value = vars(self.module)[name]
        if isinstance(value, type) or inspect.isroutine(value):
            is_own = getattr(value, "__module__", None) == self.module.__name__
            is_maker = is_own and (_maker_rank(name, value) or _ANY_FUNCTION) < _ANY_FUNCTION
            return self._needs_arguments("nothing-to-open", name, value) if is_maker else None
        if not _is_model_name(name):
            return None
        try:
            why = why_not_a_model(value)
        except BaseException as error:  # noqa: BLE001 - flattening is the user's code; it may raise anything
            title = f"Flattening {name} raised {type(error).__name__}"
            return cards.raised(error, "nothing-to-open", title, self.path)
        return cards.error(
            "nothing-to-open", f"{name} is no model", why,
            "Make it a Module, or a PyTree that holds arrays; or name what is to be opened: "
            "FILE.py:NAME.", self.path, self._lines.get(name, 0),
        )  # fmt: skip

    def _needs_arguments(self, code: str, name: str, value: Any) -> cards.CardError:
        return cards.error(
            code,
            f"{name} needs arguments",
            f"It is a {_kind(value)} that takes {_parameters(value)}; only one without "
            "arguments, or with nothing but a `key`, can be called for its model.",
            f"Write a function such as `def make(): return {name}(...)`.",
            self.path,
            self._lines.get(naming.first_name(name), 0),
        )


def is_function(value: Any) -> bool:
    """Whether `value` is called for its result, jitted or not, and is no model that can be."""
    if not callable(value) or isinstance(value, type):
        return False
    if is_module(value):
        return not is_layer_class(type(value))
    return inspect.isroutine(value) or compat.one_level(value) is None


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _together(parts: list[Candidate]) -> Candidate:
    """Return the candidate that makes one tree of `parts`, each under its name."""
    names = [part.target.name for part in parts]
    target = Target(",".join(names), "variables", parts[0].target.line)
    return Candidate(
        target,
        lambda: named_trees({n: part.make() for n, part in zip(names, parts, strict=True)}),
        (0, 0),
    )


def _lines_of_names(path: str) -> dict[str, int]:
    """Return the line of each name that the file itself defines or assigns at module level."""
    lines: dict[str, int] = {}
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    imported = (ast.Import, ast.ImportFrom)
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            lines[statement.name] = statement.lineno
        elif not isinstance(statement, imported):
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    lines.setdefault(node.id, node.lineno)
    return lines


def _value_rank(name: str, value: Any) -> int | None:
    try:
        if not is_model_like(value):
            return None
    except BaseException:  # noqa: BLE001 - flattening is the user's code; it may raise anything
        return None
    if is_module(value):
        return 0 if _is_model_name(name) else 2
    if _is_model_name(name):
        return 1
    return 6 if is_array(value) else 5  # arrays on their own are data


def _maker_rank(name: str, value: Any) -> int | None:
    if isinstance(value, type):
        return 4 if is_module_class(value) and not inspect.isabstract(value) else None
    if name.lower().partition("_")[0] in _MAKERS or _is_model_name(name):
        return 1 if any(word in name.lower() for word in MODEL_NAMES) else 3
    return _ANY_FUNCTION if isinstance(value, types.FunctionType) else None


def _is_model_name(name: str) -> bool:
    return any(part in MODEL_NAMES for part in name.lower().split("_"))


def _call_arguments(value: Any, given: Mapping[str, Any]) -> Callable[[], dict[str, Any]] | None:
    """Return what makes the arguments of a call: the `given` ones that it takes, and a key.

    None for what needs more than that.
    """
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return None
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters)
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    taken = {name: v for name, v in given.items() if takes_all or name in named}
    needed = [p for p in parameters if p.default is p.empty and p.name not in taken
              and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]  # fmt: skip
    if not needed:
        return lambda: taken
    name = needed[0].name
    if len(needed) > 1 or name not in _KEYS or needed[0].kind is needed[0].POSITIONAL_ONLY:
        return None
    return lambda: {**taken, name: jax.random.key(0)}


def _parameters(value: Any) -> str:
    try:
        return str(inspect.signature(value))
    except (TypeError, ValueError):
        return "arguments that Python cannot tell"


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return "class"
    return "function" if inspect.isroutine(value) else type(value).__name__
