"""The files behind a file: what is beside it and imported."""

from pathlib import Path

from eqxviz.session.imports import files_behind


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(folder: Path, path: str) -> set[str]:
    return {str(Path(f).relative_to(folder)) for f in files_behind(str(folder / path))}


def test_modules_beside_the_file_are_behind_it_and_those_of_others_are_not(tmp_path: Path):
    write(tmp_path, model="import jax\nimport layers\n", layers="x = 1", other="y = 1")
    assert names(tmp_path, "model.py") == {"model.py", "layers.py"}


def test_imports_are_followed_through_packages_and_around_cycles(tmp_path: Path):
    write(
        tmp_path,
        model="from parts import blocks\nfrom parts.deep.core import f",
        parts__blocks="from . import sizes\nimport model",
        parts__sizes="",
        parts__deep__core="from ..sizes import n",
        parts__unused="",
    )
    (tmp_path / "parts" / "__init__.py").write_text("")
    assert names(tmp_path, "model.py") == {
        *("model.py", "parts/__init__.py", "parts/blocks.py", "parts/sizes.py"),
        "parts/deep/core.py",
    }


def test_a_file_that_does_not_parse_or_is_gone_counts_alone(tmp_path: Path):
    write(tmp_path, model="import layers\ndef f(:", layers="")
    assert names(tmp_path, "model.py") == {"model.py"}
    assert names(tmp_path, "gone.py") == {"gone.py"}
