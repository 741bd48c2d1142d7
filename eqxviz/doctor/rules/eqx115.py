"""A PRNG key is used twice.

JAX's random numbers are a function of the key alone: the same key gives the same numbers, each time
and everywhere. So two layers that are initialised with one key have the same weights, and a dropout
that gets the same key at each step drops the same units for ever. Nothing fails; the randomness is
just not there.

Use each key once: draw from it, or split it, and go on with its children only.

    key, subkey = jax.random.split(key)
    noise = jax.random.normal(subkey, x.shape)
    key, subkey = jax.random.split(key)
    mask = jax.random.bernoulli(subkey, 0.8, x.shape)

In a training loop, each step gets a key of its own:

    for x, y in batches:
        key, subkey = jax.random.split(key)
        model, opt_state, loss = make_step(model, opt_state, x, y, subkey)

or one that the number of the step was folded into: `jax.random.fold_in(key, step)`. A loop of JAX's
goes over keys: `jax.lax.scan(body, carry, jax.random.split(key, length))`.

Where the same numbers are meant twice, keep the numbers, or say so: `jax.random.clone(key)`.
"""

import ast
import linecache
from collections.abc import Iterator

from eqxviz.doctor.code.frames import Frame, call_of, file_name, is_turned
from eqxviz.doctor.code.writing import module_in
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.keys import Reuse, reuses
from eqxviz.doctor.seen import Line
from eqxviz.records import Problem, Severity

CODE = "EQX115"
TITLE = "A PRNG key is used twice"

_MOST_LETTERS = 70


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for each place where a key is used that was used before."""
    told: set[tuple[Line, Line]] = set()
    for reuse in reuses(evidence):
        first, second = _frame_told(reuse, 0), _frame_told(reuse, 1)
        if (first.at, second.at) not in told:
            told.add((first.at, second.at))
            yield _problem(evidence, reuse, first, second)


def _frame_told(reuse: Reuse, which: int) -> Frame:
    """Return the frame whose line is told."""
    frames = (reuse.first, reuse.second)[which]
    if reuse.kind == "turns":
        inside = range(len(frames) - 1, reuse.n_outside - 1, -1)
        return next((frames[i] for i in inside if is_turned(frames, i)), frames[-1])
    return frames[-1]


def _problem(evidence: Evidence, reuse: Reuse, first: Frame, second: Frame) -> Problem:
    key = _key_of(first, second)
    named = f"`{key}`" if key else "the key"
    one, other = _called(first), _called(second)
    title, why, fix = TITLE, "", "Split the key, and use each child once."
    if reuse.kind == "lines":
        title = f"{TITLE}: {named}"
        where = "" if first.at.file == second.at.file else f" of {file_name(first.at)}"
        why = (
            f"{one} uses {named} on line {first.at.line}{where}, and {other} uses it again on line "
            f"{second.at.line}: the numbers of both come from one key, so that they are the same, "
            "or depend on each other."
        )
    elif reuse.kind == "turns":
        title = f"{TITLE}: {named}, in each turn of a loop"
        why = (
            f"{other} on line {second.at.line} uses {named} in each turn of the loop: it is the "
            "same key each time, and gives the same numbers."
        )
        fix = "Split the key in each turn, and use the child."
    elif reuse.kind == "calls":
        name = evidence.functions[reuse.function].name
        title, why, fix = _of_calls(reuse, name, named)
    elif reuse.loop:
        loop = reuse.loop[-1]
        title = f"{TITLE}: {named}, in each turn of a `{loop.loop()}`"
        why = (
            f"{other} on line {second.at.line} is in the body of the `{loop.loop()}` of line "
            f"{loop.at.line}, and uses {named}, which is the same in each turn: each of them gets "
            "the same numbers."
        )
        fix = "Split the key before the loop, and go over the keys; or split it within the carry."
    code = _code(reuse, first, second, key)
    return Problem(CODE, Severity.WARNING, title, why, fix, *second.at, fix_code=code)


def _of_calls(reuse: Reuse, name: str, named: str) -> tuple[str, str, str]:
    if reuse.is_given:
        return (
            f"`{name}` gets the same PRNG key at each call: {named}",
            f"`{name}` draws random numbers from {named}, and was given the same key at each call: "
            "it draws the same numbers each time.",
            f"Split the key before each call, and give `{name}` the child.",
        )
    return (
        f"`{name}` draws from the same PRNG key at each call",
        f"`{name}` draws random numbers from a key that is a constant of it: made within it from "
        "the same seed, or held by it. It draws the same numbers each time.",
        f"Give `{name}` a key as an argument, another one at each call.",
    )


def _called(frame: Frame) -> str:
    """Return the call that a frame makes, as text."""
    call = call_of(frame)
    if call is None:
        return "what is called"
    text = ast.unparse(call)
    return f"`{text}`" if len(text) <= _MOST_LETTERS else f"`{ast.unparse(call.func)}`"


def _key_of(first: Frame, second: Frame) -> str:
    """Return the expression that is the key in both calls, "" where it cannot be told."""
    texts = [[ast.unparse(each) for each in _arguments(frame)] for frame in (first, second)]
    common = [text for text in texts[0] if text in texts[1]]
    likely = [text for text in common if any(word in text.lower() for word in ("key", "rng"))]
    return likely[0] if likely else (common[0] if len(common) == 1 else "")


def _arguments(frame: Frame) -> list[ast.expr]:
    call = call_of(frame)
    if call is None:
        return []
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _code(reuse: Reuse, first: Frame, second: Frame, key: str) -> str:
    """Return the lines of the user's, mended."""
    random = module_in(first.at.file, "jax.random")
    if reuse.kind == "loop":
        return _loop_code(reuse.loop[-1], first, key or "key", random)
    if not key or not reuse.is_given:
        call = call_of(first)
        given = f"{ast.unparse(call)[:-1]}, subkey)" if call is not None and not key else ""
        return f"key, subkey = {random}.split(key)\n{given}".rstrip()
    if key.isidentifier():
        return f"{key}, subkey = {random}.split({key})\n{_mended(first, key, 'subkey')}"
    if reuse.kind != "lines":
        before = f"key = {key}  # once, before the loop"
        return f"{before}\nkey, subkey = {random}.split(key)\n{_mended(first, key, 'subkey')}"
    split = f"key_1, key_2 = {random}.split({key})"
    return f"{split}\n{_mended(first, key, 'key_1')}\n{_mended(second, key, 'key_2')}"


def _loop_code(loop: Frame, body: Frame, key: str, random: str) -> str:
    """Return how a loop of JAX's gets a key for each turn."""
    call, kind = call_of(loop), loop.loop()
    n_turns = "n_turns"
    if kind == "lax.fori_loop" and body.code.co_argcount:
        turn = body.code.co_varnames[0]
        return f"subkey = {random}.fold_in({key}, {turn})\n{_mended(body, key, 'subkey')}"
    if kind == "lax.scan" and call is not None and len(call.args) >= 2:
        given = {each.arg: each.value for each in call.keywords}
        over = call.args[2] if len(call.args) > 2 else given.get("xs", ast.Constant(None))
        n_turns = ast.unparse(given["length"]) if "length" in given else n_turns
        is_over_nothing = isinstance(over, ast.Constant)
        keys = f"{random}.split({key}, {n_turns})"
        body_and_carry = ", ".join(map(ast.unparse, call.args[:2]))
        xs = keys if is_over_nothing else f"({ast.unparse(over)}, {keys})"
        return f"{ast.unparse(call.func)}({body_and_carry}, {xs})"
    return f"{key}, subkey = {random}.split({key})  # in each turn; `{key}` is carried on"


def _mended(frame: Frame, key: str, child: str) -> str:
    """Return the line of a call, given `child` in place of `key`."""
    line = linecache.getline(frame.at.file, frame.at.line).rstrip("\n")
    encoded = line.encode()
    for node in reversed(_arguments(frame)):
        is_whole = node.lineno == node.end_lineno == frame.at.line
        if is_whole and ast.unparse(node) == key:
            before, after = encoded[: node.col_offset], encoded[node.end_col_offset :]
            return (before + child.encode() + after).decode().strip()
    return line.strip()
