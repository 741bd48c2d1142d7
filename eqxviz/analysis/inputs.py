"""Example inputs of a call, as text: proposed by trying."""

import inspect
import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax

from eqxviz.analysis.arguments import key_text, parse_call
from eqxviz.analysis.captured import CapturedNames
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.modules import is_module
from eqxviz.analysis.problems import message_of
from eqxviz.analysis.tracing import trace
from eqxviz.analysis.user_code import UserCode
from eqxviz.analysis.walk import Walk

# Trying goes on for so long, by the clock of its own thread: the same is proposed on a machine that
# is busy. What one trial costs depends on the model.
MAX_SECONDS = 3.0
_MOST_NODES = 100_000
_MAX_SIZES = 6
_MAX_COMBINATIONS = 512
_SEQUENCE = 8
_IMAGE_SIDE = 32
_PLAIN = {int: "3", float: "0.1", bool: "True"}  # annotations of what is no array


class Proposal(NamedTuple):
    """Inputs for a call, the likeliest first of those that were tried."""

    text: str  # "f32[2]"; "" for a call without any
    error: Exception | None = None  # what they raise, where none can be traced
    is_always: bool = False  # other inputs raise it as well


def example_inputs(fn: Any) -> str:
    """Return inputs with which the call of `fn` can be traced: "f32[2]"; "" if none was found."""
    proposal = proposed_call(fn) if callable(fn) else Proposal("")
    return proposal.text if proposal.error is None else ""


def proposed_call(
    fn: Any,
    given: Mapping[str, str] | None = None,
    variables: Mapping[str, Any] | None = None,
    root: str = "",
) -> Proposal:
    """Return inputs with which the call of `fn` can be traced, or what the likeliest raised.

    Sizes come from the fields and arrays of a model, `fn` or an argument, or from the arrays that a
    function holds; the number of inputs from the signature. The first that traces without an error
    is taken; nothing is computed.

    Args:
        fn: A Module, or a function.
        given: By the name of a parameter, the text that is its argument.
        variables: What such texts may name.
        root: The folder of the user's code.
    """
    required, has_key = _required(fn)
    if not required:
        return Proposal("")
    deadline = time.thread_time() + MAX_SECONDS
    texts, known = given or {}, variables or {}
    first, said = Proposal(""), set[tuple[type, str]]()
    for text in _proposals(fn, required, has_key, texts, known, root):
        error = _raised(fn, text, known)
        if error is None:
            return Proposal(text)
        if not _has_number(text):  # which is a guess, and raises what it alone does
            said.add((type(error), message_of(error)))
        if first.error is None:
            first = Proposal(text, error.with_traceback(None))
        if time.thread_time() > deadline:
            break
    needs_value = isinstance(first.error, jax.errors.JAXTypeError)
    return first._replace(is_always=needs_value or len(said) <= 1)


def parameters_of(fn: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters of `fn`, their annotations evaluated where they can be."""
    for is_evaluated in (True, False):
        try:
            return list(inspect.signature(fn, eval_str=is_evaluated).parameters.values())
        except Exception:  # noqa: BLE001 - annotations are evaluated, which may raise anything
            continue
    return []  # some builtins have no signature


def signature_text(fn: Callable[..., Any]) -> str:
    """Return the parameters of `fn` without annotations: "(model, x, *, key=None)"."""
    return str(inspect.Signature([p.replace(annotation=p.empty) for p in parameters_of(fn)]))


def is_required(parameter: inspect.Parameter) -> bool:
    """Whether a call must give an argument for `parameter`."""
    kinds = (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    return parameter.kind in kinds and parameter.default is parameter.empty


def _required(fn: Callable[..., Any]) -> tuple[list[inspect.Parameter], bool]:
    """Return the parameters that a call must give, and whether it may give `key`."""
    parameters = parameters_of(fn)
    required = [p for p in parameters if is_required(p)]
    if not required and any(p.kind is p.VAR_POSITIONAL for p in parameters):
        required = [p for p in parameters if p.kind is p.VAR_POSITIONAL]
    has_key = any(p.name == "key" and p not in required for p in parameters)
    return required, has_key


def _proposals(
    fn: Any,
    required: Sequence[inspect.Parameter],
    has_key: bool,
    given: Mapping[str, str],
    variables: Mapping[str, Any],
    root: str,
) -> Iterator[str]:
    """Yield inputs to try, the likeliest first."""
    models = [fn, *(_meant(given[p.name], variables) for p in required if p.name in given)]
    if not is_module(fn):
        models += CapturedNames(("", fn), [], UserCode(root)).values()
    sizes = list(dict.fromkeys(size for model in models for size in _sizes(model)))[:_MAX_SIZES]
    choices = [[given[p.name]] if p.name in given else _of_parameter(p, sizes) for p in required]
    for parameter, texts in zip(required, choices, strict=True):
        if parameter.kind is parameter.KEYWORD_ONLY:
            texts[:] = [f"{parameter.name}={text}" for text in texts]
    # As the annotations have it; then all inputs alike (query, key and value), then each one's
    # likely shapes before unlikely ones.
    if stated := _stated(required, given):
        yield stated
    n_alike = min((len(texts) for texts in choices if len(texts) > 1), default=1)
    alike = [[(i, texts[i % len(texts)]) for texts in choices] for i in range(n_alike)]
    ranked = itertools.islice(
        itertools.product(*(enumerate(_with_number(texts)) for texts in choices)), _MAX_COMBINATIONS
    )
    combinations = [*alike, *sorted(ranked, key=lambda c: sum(i for i, _ in c))]
    for combination in combinations:
        text = " ".join(t for _, t in combination)
        yield text
        if has_key:  # layers such as dropout refuse to work without one
            yield f"{text} key={key_text()}"


def _with_number(texts: list[str]) -> list[str]:
    """Return `texts`, of which there is a choice, with a number that is no array after scalars.

    It is for what is static: a length, an axis.
    """
    if len(texts) == 1:
        return texts
    at = next(i for i, text in enumerate(texts) if text.endswith("i32[]"))
    number = texts[at][: -len("i32[]")] + _PLAIN[int]  # "3", or "n=3" of one that is named
    return list(dict.fromkeys([*texts[: at + 1], number, *texts[at + 1 :]]))


def _stated(required: Sequence[inspect.Parameter], given: Mapping[str, str]) -> str:
    """Return inputs as annotations have them, axes of one name alike; "" if one says nothing."""
    texts: list[str] = []
    for parameter in required:
        said = [given[parameter.name]] if parameter.name in given else _annotated(parameter, ())
        if not said and not _is_key(parameter):
            return ""
        text = said[-1] if said else key_text()
        is_named = parameter.kind is parameter.KEYWORD_ONLY
        texts.append(f"{parameter.name}={text}" if is_named else text)
    return " ".join(texts)


def _meant(text: str, variables: Mapping[str, Any]) -> Any:
    """Return the argument that `text` is; None where it is none."""
    try:
        args, _ = parse_call(text, variables)
    except ValueError:
        return None
    return args[0] if args else None


def _of_parameter(parameter: inspect.Parameter, sizes: Sequence[int]) -> list[str]:
    if _is_key(parameter):
        return [key_text()]
    known = list(sizes) or [_SEQUENCE]
    vectors = [f"f32[{n}]" for n in known]
    sequences = [f"f32[{_SEQUENCE},{n}]" for n in known]
    images = [f"f32[{n},{_IMAGE_SIDE},{_IMAGE_SIDE}]" for n in known]
    batches = [f"f32[{_SEQUENCE},{_SEQUENCE},{n}]" for n in known]
    images += [f"f32[1,{_IMAGE_SIDE},{_IMAGE_SIDE},{n}]" for n in known]
    scalars = ["f32[]", "i32[]"]
    tokens = [f"i32[{_SEQUENCE}]", f"i32[2,{_SEQUENCE}]"]
    likely = [*vectors, *scalars, *tokens, *sequences]
    if not sizes:
        likely = [*scalars, *vectors, *sequences, *tokens]
    if parameter.name in ("t", "time", "scalar", "index", "token", "tokens", "ids"):
        likely = [*scalars, *tokens, *vectors, *sequences]
    annotated = _annotated(parameter, sizes)
    return list(dict.fromkeys([*annotated, *likely, *images, *batches]))


def _is_key(parameter: inspect.Parameter) -> bool:
    return parameter.name in ("key", "rng") or parameter.name.endswith(("_key", "_rng"))


def _annotated(parameter: inspect.Parameter, sizes: Sequence[int]) -> list[str]:
    """Return the inputs that an annotation allows: `Float[Array, "seq 16"]` of jaxtyping, `int`."""
    annotation = parameter.annotation
    if isinstance(annotation, type) and annotation in _PLAIN:
        return [_PLAIN[annotation]]
    dims = getattr(annotation, "dim_str", None)
    if not isinstance(dims, str):
        return []
    dtypes = str(getattr(annotation, "dtypes", ""))
    dtype = "i32" if "int" in dtypes else "bool" if "bool" in dtypes else "f32"
    tokens = [token for token in dims.split() if not token.startswith(("*", "..."))]
    lengths = [match[0] if (match := re.search(r"\d+$", t)) else str(_SEQUENCE) for t in tokens]
    texts = [f"{dtype}[{','.join(lengths)}]"]
    if tokens and not re.search(r"\d+$", tokens[-1]):
        texts[:0] = [f"{dtype}[{','.join([*lengths[:-1], str(size)])}]" for size in sizes]
    return texts


def _sizes(model: Any) -> list[int]:
    """Return the likely lengths of an input, likeliest first.

    A layer's field says it; else the weight that is met first: its last axis, as layers have it,
    or its first, as in `x @ w`.
    """
    walk = Walk(model, "model")
    walk.advance(_MOST_NODES)
    stated: list[int] = []
    for value in walk.values:
        if is_module(value):
            for name in ("in_size", "in_features", "in_channels", "input_size"):
                size = getattr(value, name, None)
                if isinstance(size, int) and not isinstance(size, bool):
                    stated.append(size)
    arrays: list[Any] = [value for value in walk.values if is_array(value)]
    weights = [array.shape for array in arrays if len(array.shape) > 1]
    axes = [shape[axis] for shape in weights for axis in (-1, 0, 1)]
    vectors = [array.shape[0] for array in arrays if len(array.shape) == 1]
    found = [n for n in [*stated, *axes, *vectors] if n > 0]
    return list(dict.fromkeys(found))[:_MAX_SIZES]


def _has_number(text: str) -> bool:
    return _PLAIN[int] in re.split(r"[ =]", text)


def _raised(fn: Any, text: str, variables: Mapping[str, Any]) -> Exception | None:
    """Return what a call of `fn` with these inputs raises; None if it returns an array."""
    try:
        args, kwargs = parse_call(text, variables)
        names = [str(i) for i in range(len(args))]
        traced = trace(fn, args, kwargs, names, "")
    except Exception as error:  # noqa: BLE001 - a model may raise anything at an input it does not take
        return error
    return None if traced.jaxpr.outvars else ValueError("It returns no array.")
