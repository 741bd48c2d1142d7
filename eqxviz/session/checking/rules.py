"""The doctor's rules as their files describe them: reading them imports none, nor JAX."""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / "doctor" / "rules"


@dataclass(frozen=True)
class Rule:
    """What a rule finds, and how that is mended."""

    code: str  # "EQX106"
    title: str
    text: str  # paragraphs, and code that is indented by four

    @property
    def blocks(self) -> tuple[tuple[str, bool], ...]:
        """The text in parts, each with whether it is code; code may hold empty lines."""
        parts: list[tuple[str, bool]] = []
        for part in self.text.split("\n\n"):
            is_code = part.startswith("    ")
            if is_code and parts and parts[-1][1]:
                parts[-1] = f"{parts[-1][0]}\n\n{inspect.cleandoc(part)}", True
            elif is_code:
                parts.append((textwrap.dedent(part), True))
            else:
                parts.append((" ".join(part.split("\n")), False))
        return tuple(parts)


@cache
def rules() -> Mapping[str, Rule]:
    """Return all rules by their codes, in order."""
    found = [_read(file) for file in sorted(_FOLDER.glob("eqx*.py"))]
    return {rule.code: rule for rule in found}


def code_of(word: str) -> str:
    """Return the code that the user names so, "eqx106" or "106"; "" if there is no such rule."""
    word = word.strip().upper()
    code = word if word.startswith("EQX") else f"EQX{word}"
    return code if code in rules() else ""


def rule_text(rule: Rule) -> str:
    """Return all that is said of a rule, for a terminal."""
    return f"{rule.code}: {rule.title}\n\n{rule.text}"


def rule_list() -> str:
    """Return the codes and titles of all rules, one a line."""
    return "\n".join(f"{rule.code}  {rule.title}" for rule in rules().values())


def _read(file: Path) -> Rule:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    titles = [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "TITLE"
        and isinstance(node.value, ast.Constant)
    ]
    text = inspect.cleandoc(ast.get_docstring(tree) or "")
    first = text.partition("\n")[0].rstrip(".")
    return Rule(file.stem.upper(), str(titles[0]) if titles else first, text)
