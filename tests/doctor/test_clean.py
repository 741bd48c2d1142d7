"""Programs that are right are told nothing: examples, trainings, those of the documentation."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent

import pytest

import eqxviz.examples
from tests.reference.running import examples_of, reference_folder
from tests.reference.table import TABLE, Runs
from tests.training import test_training

from .gallery import WarmWorker, told

EXAMPLES = sorted(
    path for path in Path(eqxviz.examples.__file__).parent.glob("*.py") if path.stem != "__init__"
)
TRAININGS = [test_training.FOLDER / f"{name}.py" for name in test_training.FULL]
OFTEN = [test_training.FOLDER / f"{name}.py" for name in test_training.ORDINARY]
# The FAQ shows mistakes on purpose.
DOCUMENTS = sorted(set(TABLE) - {"faq.md"})


@pytest.fixture(scope="module")
def worker() -> Iterator[WarmWorker]:
    worker = WarmWorker()
    yield worker
    worker.close()


@pytest.mark.parametrize(
    "script",
    [
        *(pytest.param(path, id=path.stem) for path in OFTEN),
        *(pytest.param(p, id=p.stem, marks=pytest.mark.full) for p in (*EXAMPLES, *TRAININGS)),
    ],
)
@pytest.mark.timeout(400)
def test_a_script_that_is_right_is_told_nothing(script: Path, worker: WarmWorker) -> None:
    _assert_clean(worker, script)


@pytest.mark.full
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_program_of_a_document_is_told_nothing(
    document: str, worker: WarmWorker, tmp_path: Path
) -> None:
    if reference_folder() is None:
        pytest.skip("no environment variable names the folder of the documents")
    script = tmp_path / "program.py"
    script.write_text(_program(document))
    _assert_clean(worker, script)


def _program(document: str) -> str:
    """Return the examples of a document, one after the other, each with what is before and after.

    One that raises, as some are meant to, does not keep the next from running.
    """
    parts: list[str] = []
    for example, entry in zip(examples_of(document), TABLE[document], strict=True):
        if isinstance(entry, Runs) and entry.devices == 1:
            code = "\n".join([dedent(entry.prelude), example.source, dedent(entry.use)])
            parts.append(
                f"try:\n{indent(code, '    ')}\nexcept Exception as error:\n    print(error)"
            )
    return "\n".join(parts)


def _assert_clean(worker: WarmWorker, script: Path) -> None:
    answer = worker.examine(script)
    assert not answer.get("failed"), answer["failed"]
    alarms = [told(each) for each in answer["problems"] if each["severity"] != "note"]
    assert not alarms, "\n".join(alarms)
    assert not answer["raised"], answer["raised"]
