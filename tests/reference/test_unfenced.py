"""Reading the examples out of a page saved as plain text."""

from textwrap import dedent

import pytest

from tests.reference.unfenced import unfenced_examples

TEXT = """\
Transformations
  package.f(fun, *, option='none')
    From the manual: import is a word, and so is def.
from this, one might think that (all) = [things] are code
Example
# A comment that begins one
@decorated(with_=1)
def f(x):  # one argument
    return x
f(1)
f(2)                  # aligned
                      # and goes on
Info
import is no statement here. @nobody either.
Usage is:
@package.g
def g(x):

    ...
    # a comment that ends it
The key differences are:
class of things
import numpy as np
x = np.ones(
    3,
)
"""


def test_code_is_told_from_text() -> None:
    assert [example.source for example in unfenced_examples(TEXT)] == [
        dedent(
            """\
            # A comment that begins one
            @decorated(with_=1)
            def f(x):  # one argument
                return x
            f(1)
            f(2)                  # aligned
                                  # and goes on
            """
        ),
        "@package.g\ndef g(x):\n\n    ...\n    # a comment that ends it\n",
        "import numpy as np\nx = np.ones(\n    3,\n)\n",
    ]


def test_unfenced_examples_are_numbered_and_know_their_line() -> None:
    examples = unfenced_examples(TEXT)
    assert [example.index for example in examples] == [0, 1, 2]
    lines = TEXT.splitlines()
    assert [lines[example.line - 1] for example in examples] == [
        example.source.splitlines()[0] for example in examples
    ]


@pytest.mark.parametrize("text", ["", "Only text.\n", "Example\n# only a comment\n"])
def test_a_page_without_code_has_no_examples(text: str) -> None:
    assert unfenced_examples(text) == []
