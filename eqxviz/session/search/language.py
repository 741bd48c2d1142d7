"""The language of searches: words, patterns and predicates, with and, or and not.

What is searched may be a tree or a graph: its `Language` says which predicates there are, and
where words are looked for.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.search.automaton import StoppedError
from eqxviz.session.search.conditions import QueryError, checked_regex

Hay = TypeVar("Hay")
Mask = NDArray[np.bool_]

_TOKEN = r"""
    (?P<either> (?:\||or) (?=\s|$) )
    | (?P<both> (?:&|and) (?=\s|$) )
    | (?P<negated> - (?=\S) | not\s+ )?
      (?: (?P<name> NAME ) (?P<comparison> : | != | <= | >= | = | < | > ) )?
      (?: "(?P<quoted> [^"]* )"?
        | /(?P<regex> (?: [^/\\] | \\. )* ) (?P<closed>/?)
        | (?P<plain> (?: \[[^\]]*\] | \([^)]*\) | \S )+ )
      )?
    """
_NAME = r"[A-Za-z_]+"
_SHAPE = re.compile(r"(\w*)[\[(]\s*(\d+(?:\s*,\s*\d+)*)?\s*,?\s*[\])]")
_OF_TEXTS = (":", "=", "!=")


@dataclass(frozen=True)
class Predicate(Generic[Hay]):
    """Something that can be asked: `example` is how it is written, `help` what it says.

    `test` makes the test, from the comparison and the value where there is one.
    """

    name: str
    example: str
    help: str
    test: Callable[[str, str], Callable[[Hay], Mask]]
    takes: Literal["text", "number", ""] = "text"


@dataclass(frozen=True)
class Language(Generic[Hay]):
    """What can be asked of one kind of thing.

    `anywhere` makes the test of a pattern that may be in any text; it is told whether the pattern
    can also span several parts of a path.
    """

    predicates: Mapping[str, Predicate[Hay]]  # by their names in small letters
    anywhere: Callable[[str, bool], Callable[[Hay], Mask]]


@dataclass(frozen=True)
class Term(Generic[Hay]):
    """One condition: what `test` finds, or all else."""

    test: Callable[[Hay], Mask]
    is_negated: bool = False

    def mask(self, hay: Hay) -> Mask:
        """Return where it holds."""
        found = self.test(hay)
        return ~found if self.is_negated else found


@dataclass(frozen=True)
class Query(Generic[Hay]):
    """A search: of at least one of `choices` all terms must hold. A `problem` keeps it from any."""

    text: str
    choices: tuple[tuple[Term[Hay], ...], ...] = ()
    problem: str = ""

    def mask(self, hay: Hay, n: int, stop: Callable[[], bool] = lambda: False) -> Mask:
        """Return which of `n` things it finds.

        Raises:
            StoppedError: If `stop` says so.
        """
        found = np.zeros(n, np.bool_)
        for terms in self.choices:
            all_of = np.ones(n, np.bool_)
            for term in terms:
                if stop():
                    raise StoppedError
                all_of &= term.mask(hay)
            found |= all_of
        return found


def understood(text: str, language: Language[Hay]) -> Query[Hay]:
    """Return what `text` asks for in `language`.

    A word is looked for as it is, `/.../` is a regular expression, `"..."` a text with blanks. A
    space or `and` is "and", `|` or `or` is "or", `-` or `not` is "not". A predicate may have any
    name: `metrics["loss"]<1`.
    """
    token = _token(language.predicates)
    choices: list[list[Term[Hay]]] = [[]]
    at = 0
    try:
        while at < len(text):
            match = token.match(text, at)
            if match is None or match.end() == at:
                at += 1  # a blank
                continue
            at = match.end()
            if match["either"]:
                choices.append([])
            elif match["name"] or match["plain"] or match["quoted"] or match["regex"]:
                choices[-1].append(_term(match, language))  # else quotes to be filled, or "and"
    except QueryError as problem:
        return Query(text, problem=str(problem))
    return Query(text, tuple(tuple(terms) for terms in choices if terms))


def _token(predicates: Mapping[str, object]) -> re.Pattern[str]:
    """Return the pattern of a token. Names that are no words are tried first, the longest first."""
    others = [name for name in predicates if re.fullmatch(_NAME, name) is None]
    names = [f"(?i:{re.escape(name)})" for name in sorted(others, key=len, reverse=True)]
    return re.compile(_TOKEN.replace("NAME", "|".join((*names, _NAME))), re.VERBOSE)


def _term(match: re.Match[str], language: Language[Hay]) -> Term[Hay]:
    """Return the condition of one token.

    Raises:
        QueryError: If it cannot be understood.
    """
    predicates = language.predicates
    name, comparison = (match["name"] or "").casefold(), match["comparison"] or ""
    is_negated, is_plain = match["negated"] is not None, match["plain"] is not None
    value = match["quoted"] or match["plain"] or ""
    if match["regex"] is not None:
        value = f"/{match['regex']}/"
    if name == "is" or (not name and is_plain and _takes_nothing(value, predicates)):
        return Term(_flag(value, predicates), is_negated)
    predicate = predicates.get(name)
    if predicate is not None and (predicate.takes == "number" or comparison in _OF_TEXTS):
        if not predicate.takes:
            raise QueryError(f"{name} takes no value: write {name}, or -{name} for all else.")
        is_other = comparison == "!=" and predicate.takes == "text"
        return Term(predicate.test(comparison, value), is_negated != is_other)
    if name and predicate is None and (near := get_close_matches(name, predicates, 1)):
        raise QueryError(
            f"There is no predicate {name!r}. Did you mean {near[0]}{comparison}{value}? "
            "Put the text in quotes to look for it as it is."
        )
    if match["regex"] is not None and not name:
        return Term(language.anywhere(checked_regex(match["regex"]), True), is_negated)
    return Term(_word((match["name"] or "") + comparison + value, language), is_negated)


def _takes_nothing(word: str, predicates: Mapping[str, Predicate[Hay]]) -> bool:
    predicate = predicates.get(word.casefold())
    return predicate is not None and not predicate.takes


def _flag(word: str, predicates: Mapping[str, Predicate[Hay]]) -> Callable[[Hay], Mask]:
    if _takes_nothing(word, predicates):
        return predicates[word.casefold()].test("", "")
    words = [name for name in predicates if _takes_nothing(name, predicates)]
    near = get_close_matches(word.casefold(), words, 1)
    meant = f"Did you mean is:{near[0]}?" if near else f"There are {', '.join(words)}."
    raise QueryError(f"Nothing is {word!r}. {meant}")


def _word(text: str, language: Language[Hay]) -> Callable[[Hay], Mask]:
    """Return the test of a plain text; a shape may be written with blanks, or as a tuple."""
    pattern = re.escape(text)
    if shape := _SHAPE.fullmatch(text):
        axes = ",".join(re.findall(r"\d+", shape[2] or ""))
        pattern += "|" + re.escape(f"{shape[1]}[{axes}]")
    # Without these signs it lies within one key.
    return language.anywhere(pattern, "." in text or "[" in text)
