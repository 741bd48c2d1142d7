"""The examples of the reference documents do on eqxcore what they do on Equinox.

The documents are no part of the project: an environment variable names the folder that has them.
"""

from collections.abc import Callable

import pytest

from tests.parity.outcome import differences
from tests.reference.fences import Example, python_examples
from tests.reference.running import FOLDER_VARIABLE, examples_of, outcomes, reference_folder
from tests.reference.table import TABLE, LeftOut, Runs
from tests.two_devices import with_two_devices

needs_documents = pytest.mark.skipif(
    reference_folder() is None, reason=f"{FOLDER_VARIABLE} names no folder"
)


def unknown_examples(examples: list[Example], document: str) -> list[str]:
    """Return a line for each way in which a document and its table do not match."""
    entries = TABLE[document]
    missing = [
        f"{document}:{example.line}: example {example.index} is not in the table"
        for example in examples[len(entries) :]
    ]
    if len(entries) > len(examples):
        missing.append(f"{document}: the table has {len(entries)} of {len(examples)} examples")
    return missing


@needs_documents
@pytest.mark.parametrize("document", TABLE)
def test_the_table_knows_every_example(document: str) -> None:
    assert unknown_examples(examples_of(document), document) == []


@pytest.mark.parametrize("document", TABLE)
def test_an_example_more_or_fewer_is_noticed(document: str) -> None:
    count = len(TABLE[document])
    more = python_examples("```python\npass\n```\n" * (count + 1))
    assert unknown_examples(more, document) == [
        f"{document}:{3 * count + 2}: example {count} is not in the table"
    ]
    assert unknown_examples(more[: count - 1], document) != []
    assert unknown_examples(more[:count], document) == []


def entries_where(condition: Callable[[Runs | LeftOut], bool]) -> pytest.MarkDecorator:
    """Parametrise a test over the examples whose entry in the table meets a condition."""
    return pytest.mark.parametrize(
        ("document", "index"),
        [
            pytest.param(document, index, id=f"{document}-{index}")
            for document, entries in TABLE.items()
            for index, entry in enumerate(entries)
            if condition(entry)
        ],
    )


def compare(document: str, index: int, devices: int) -> None:
    theirs, ours = (
        outcomes(document, package, devices)[index] for package in ("equinox", "eqxcore")
    )
    assert theirs is not None
    assert ours is not None
    assert differences(theirs, ours) == []


@needs_documents
@entries_where(lambda entry: isinstance(entry, Runs) and entry.devices == 1)
def test_the_example_does_the_same_on_both(document: str, index: int) -> None:
    compare(document, index, 1)


@needs_documents
@entries_where(lambda entry: isinstance(entry, Runs) and entry.devices == 2)
@with_two_devices
def test_the_example_does_the_same_on_both_with_two_devices(document: str, index: int) -> None:
    compare(document, index, 2)


@needs_documents
@entries_where(lambda entry: isinstance(entry, LeftOut) and entry.reason.startswith("pseudo-code"))
def test_what_is_left_out_as_pseudo_code_is_no_python(document: str, index: int) -> None:
    with pytest.raises(SyntaxError, match=r"."):
        compile(examples_of(document)[index].source, document, "exec")
