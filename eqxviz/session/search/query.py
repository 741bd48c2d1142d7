"""What is typed into the search field, understood."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from eqxviz.session.outline.unfolding import Mask
from eqxviz.session.search.conditions import QueryError, Test, checked_regex
from eqxviz.session.search.haystack import Haystack
from eqxviz.session.search.pattern import compiled
from eqxviz.session.search.predicates import PREDICATES

_TOKEN = re.compile(
    r"""
    (?P<either> (?:\||or) (?=\s|$) )
    | (?P<negated> - (?=\S) | not\s+ )?
      (?: (?P<name> [A-Za-z_]+ ) (?P<comparison> : | != | <= | >= | = | < | > ) )?
      (?: "(?P<quoted> [^"]* )"?
        | /(?P<regex> (?: [^/\\] | \\. )* ) (?P<closed>/?)
        | (?P<plain> (?: \[[^\]]*\] | \([^)]*\) | \S )+ )
      )?
    """,
    re.VERBOSE,
)
_SHAPE = re.compile(r"(\w*)[\[(]\s*(\d+(?:\s*,\s*\d+)*)?\s*,?\s*[\])]")
_OF_TEXTS = (":", "=", "!=")


@dataclass(frozen=True)
class Term:
    """One condition: what `test` finds, or all else."""

    test: Test
    is_negated: bool = False

    def mask(self, hay: Haystack) -> Mask:
        """Return the nodes for which it holds."""
        found = self.test(hay)
        return ~found if self.is_negated else found


@dataclass(frozen=True)
class Query:
    """A search: of at least one of `choices` all terms must hold. A `problem` keeps it from any."""

    text: str
    choices: tuple[tuple[Term, ...], ...] = ()
    problem: str = ""


def parse(text: str) -> Query:
    """Return what `text` asks for.

    Words are looked for in names, types, dtypes, shapes and values, with a dot or a bracket in
    paths, too; `/.../` is a regular expression, `"..."` a text as it is. With `COMPLETIONS` come
    predicates. A space is "and", `|` or `or` is "or", `-` or `not` is "not".
    """
    choices: list[list[Term]] = [[]]
    at = 0
    try:
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.end() == at:
                at += 1  # a blank
                continue
            at = match.end()
            if match["either"]:
                choices.append([])
            elif match["name"] or match["plain"] or match["quoted"] or match["regex"]:
                choices[-1].append(_term(match))  # else quotes or slashes to be filled
    except QueryError as problem:
        return Query(text, problem=str(problem))
    return Query(text, tuple(tuple(terms) for terms in choices if terms))


def _term(match: re.Match[str]) -> Term:
    """Return the condition of one token.

    Raises:
        QueryError: If it cannot be understood.
    """
    name, comparison = (match["name"] or "").casefold(), match["comparison"] or ""
    is_negated, is_plain = match["negated"] is not None, match["plain"] is not None
    value = match["quoted"] or match["plain"] or ""
    if match["regex"] is not None:
        value = f"/{match['regex']}/"
    if name == "is" or (not name and is_plain and _takes_nothing(value)):
        return Term(_flag(value), is_negated)
    predicate = PREDICATES.get(name)
    if predicate is not None and (predicate.takes == "number" or comparison in _OF_TEXTS):
        if not predicate.takes:
            raise QueryError(f"{name} takes no value: write {name}, or -{name} for all else.")
        is_other = comparison == "!=" and predicate.takes == "text"
        return Term(predicate.test(comparison, value), is_negated != is_other)
    if name and predicate is None and (near := get_close_matches(name, PREDICATES, 1)):
        raise QueryError(
            f"There is no predicate {name!r}. Did you mean {near[0]}{comparison}{value}? "
            "Put the text in quotes to look for it as it is."
        )
    if match["regex"] is not None and not name:
        return Term(_anywhere(checked_regex(match["regex"]), in_paths=True), is_negated)
    return Term(_word((match["name"] or "") + comparison + value), is_negated)


def _takes_nothing(word: str) -> bool:
    predicate = PREDICATES.get(word.casefold())
    return predicate is not None and not predicate.takes


def _flag(word: str) -> Test:
    if _takes_nothing(word):
        return PREDICATES[word.casefold()].test("", "")
    words = [name for name in PREDICATES if _takes_nothing(name)]
    near = get_close_matches(word.casefold(), words, 1)
    meant = f"Did you mean is:{near[0]}?" if near else f"There are {', '.join(words)}."
    raise QueryError(f"Nothing is {word!r}. {meant}")


def _word(text: str) -> Test:
    """Return the test of a plain text; a shape may be written with blanks, or as a tuple."""
    pattern = re.escape(text)
    if shape := _SHAPE.fullmatch(text):
        axes = ",".join(re.findall(r"\d+", shape[2] or ""))
        pattern += "|" + re.escape(f"{shape[1]}[{axes}]")
    # Without these signs it lies within one key.
    return _anywhere(pattern, in_paths="." in text or "[" in text)


def _anywhere(pattern: str, *, in_paths: bool) -> Test:
    def test(hay: Haystack) -> Mask:
        tree, texts = hay.tree, hay.of_texts(pattern)
        found = texts[tree.key]
        found |= hay.of_types(texts[tree.type_name])
        found |= hay.of_leaves(texts[tree.leaf_dtype] | texts[tree.leaf_summary])
        if in_paths:
            found |= hay.of_paths(pattern, anywhere=False)
        found[0] |= compiled(pattern).search(tree.name) is not None
        return found

    return test
