"""Why a result is not finite, in words."""

import math
from pathlib import Path

from eqxviz.records import Blame, LoopTurns, Operand, Origin, Stage
from eqxviz.session import formatting
from eqxviz.session.facts import Fact
from eqxviz.session.replaying.marks import short_number
from eqxviz.session.selection import Selection

_MAKES = {"nan": "NaN", "inf": "Inf"}
_MOST_OPERANDS = 4
# As a row of its own, and among other words; nothing where it is not known.
_STAGES = {
    Stage.FORWARD: ("forward", "forward pass"),
    Stage.BACKWARD: ("backward: for the gradient alone", "backward pass"),
    Stage.UPDATE: ("after the gradient: for the update", "after the gradient"),
    Stage.UNKNOWN: ("", ""),
}


def blame_title(blame: Blame) -> str:
    """Return "NaN first made by log, train.py:41, call 42", or where else it comes from."""
    makes, call = makes_word(blame), f"call {blame.call:,}"
    if blame.origin is Origin.NOWHERE and not blame.makes:
        return f"There is no NaN or Inf in {blame.output or 'the result'} of {call}"
    if blame.origin is Origin.NOWHERE:
        return f"The replay of {call} stays finite"
    if blame.origin is Origin.ARGUMENT:
        return f"{makes} came in with {blame.argument or 'an argument'}, {call}"
    if not blame.primitive:
        return f"{makes} is a constant of the function, {call}"
    how = "made of a constant by" if blame.origin is Origin.CONSTANT else "first made by"
    place = f", {Path(blame.file).name}:{blame.line}" if blame.line else ""
    return f"{makes} {how} {blame.primitive}{place}, {call}"


def makes_word(blame: Blame) -> str:
    """Return what it makes: "NaN", "Inf"."""
    return _MAKES.get(blame.makes, blame.makes)


def blame_facts(blame: Blame) -> tuple[Fact, ...]:
    """Return what is known of it as rows; the source line is a link."""
    facts: list[Fact] = []
    if blame.line:
        link = Selection(kind="source", file=blame.file, line=blame.line)
        facts.append(Fact("Line", f"{Path(blame.file).name}:{blame.line}", link))
    if blame.why:
        facts.append(Fact("Why", blame.why))
    if elements := elements_text(blame):
        facts.append(Fact("Elements", elements))
    if turns := turns_text(blame.iterations, blame.loops):
        facts.append(Fact("Loop", turns))
    if stage := _STAGES[blame.stage][0]:
        facts.append(Fact("Pass", stage))
    facts += [Fact("Reads", operand_text(o)) for o in blame.operands[:_MOST_OPERANDS]]
    if len(blame.operands) > _MOST_OPERANDS:
        facts.append(Fact("Reads", f"and {len(blame.operands) - _MOST_OPERANDS} more"))
    facts.append(Fact("Seen in", blame.output or "the result"))
    if blame.fix:
        facts.append(Fact("Try", blame.fix))
    return tuple(facts)


def blame_brief(blame: Blame) -> tuple[Fact, ...]:
    """Return what is known of it beside its line, reason and remedy, in few rows."""
    where = (
        elements_text(blame),
        turns_text(blame.iterations, blame.loops),
        _STAGES[blame.stage][1],
        f"seen in {blame.output or 'the result'}",
    )
    kept = [fact for fact in blame_facts(blame) if fact.name == "Reads"]
    return (Fact("Where", "  ·  ".join(words for words in where if words)), *kept)


def elements_text(blame: Blame) -> str:
    """Return "1 of 8 is NaN: [3]"; "" where nothing is known of elements."""
    n_bad = blame.n_nan + blame.n_inf
    if not n_bad or not blame.n_elements:
        return ""
    what = " or ".join(w for w, n in (("NaN", blame.n_nan), ("Inf", blame.n_inf)) if n)
    if blame.n_elements == 1:
        return f"its one element is {what}"
    n = "all" if n_bad == blame.n_elements else f"{n_bad:,} of {blame.n_elements:,}"
    words = f"{n} {'is' if n_bad == 1 else 'are'} {what}"
    places = [f"[{', '.join(map(str, at))}]" for at in blame.at if at]
    if not places or n == "all":
        return words
    return f"{words}: {', '.join(places)}" + (" …" if len(places) < n_bad else "")


def turns_text(iterations: tuple[int, ...], loops: tuple[LoopTurns, ...]) -> str:
    """Return "turn 3 of 24", of nested loops "turn 3 of 24, then turn 1 of 5"."""
    pairs = zip(iterations, loops, strict=False)
    return ", then ".join(f"turn {turn + 1:,} of {loop.n_turns:,}" for turn, loop in pairs)


def operand_text(operand: Operand) -> str:
    """Return "probs f32[8]: 0 to 0.9, mean 0.2; there 0"."""
    words = " ".join(part for part in (operand.name, operand.aval) if part)
    told: list[str] = []
    if math.isfinite(operand.minimum) and math.isfinite(operand.maximum):
        low, high = short_number(operand.minimum), short_number(operand.maximum)
        if low == high:
            told.append(low)
        else:
            told.append(f"{low} to {high}, mean {short_number(operand.mean)}")
    counts = (("NaN", operand.n_nan), ("Inf", operand.n_inf))
    told += [f"{formatting.count(n)} {word}" for word, n in counts if n]
    if operand.at_first and operand.minimum != operand.maximum:
        told.append(f"there {', '.join(short_number(x) for x in operand.at_first)}")
    return f"{words}: {'; '.join(told)}" if told else words


def blame_text(blame: Blame, check: str = "") -> str:
    """Return all of it as plain text."""
    lines = [blame_title(blame)]
    if blame.text:
        lines.append(f"    {blame.text.strip()}")
    lines += [f"{fact.name}: {fact.value}" for fact in blame_facts(blame)]
    return "\n".join([*lines, check] if check else lines)
