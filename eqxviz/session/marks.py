"""The marks in words: one table for the tree, the legend, the details and the text listing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """One meaning: `name` is also its colour role, `word` what a legend and a screen reader say."""

    name: str
    word: str
    explanation: str


MARKS: dict[str, Mark] = {
    mark.name: mark
    for mark in (
        Mark(
            "differentiated",
            "differentiated",
            "A floating-point or complex array: filter_jit traces it, and filter_grad "
            "differentiates with respect to it (is_inexact_array).",
        ),
        Mark(
            "traced",
            "traced",
            "An array of integers, booleans or PRNG keys: filter_jit traces it (is_array), but "
            "filter_grad gives None for it.",
        ),
        Mark(
            "static",
            "static leaf",
            "A leaf that is no array: filter_jit holds it static, so that another value compiles "
            "again. partition(model, is_array) puts it into the static half.",
        ),
        Mark(
            "static_field",
            "static field",
            "Not a leaf at all, but part of the PyTree's structure: another value is another "
            "treedef, and compiles again.",
        ),
        Mark("none", "None", "None: an empty subtree, with no leaf."),
        Mark("shared", "shared", "The same object is found at another place of the tree too."),
        Mark("frozen", "frozen", "Held back by the current filter: it gets no gradient."),
        Mark("problem", "problem", "Something is wrong here: a NaN, an infinity, an error."),
        Mark("compiling", "compiling", "Being traced, lowered or compiled now."),
    )
}
