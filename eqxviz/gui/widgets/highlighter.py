"""Python in the theme's colours."""

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from eqxviz.gui.theme import Theme

_MAX_CHARACTERS = 600_000  # above this a file is shown plain: reading it would take a second


class PythonHighlighter(QSyntaxHighlighter):
    """Colours the lines of a source that is read whole at first, so that strings may span lines."""

    def __init__(self, theme: Theme, document: QTextDocument) -> None:
        super().__init__(document)
        self._theme = theme
        self._lines: list[list[tuple[int, int, str]]] = []

    def set_source(self, text: str) -> None:
        """Read `text`, which the document is about to show."""
        self._lines = _spans(text) if len(text) <= _MAX_CHARACTERS else []

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        if number >= len(self._lines):
            return
        for start, length, role in self._lines[number]:
            look = QTextCharFormat()
            look.setForeground(self._theme.color(role))
            if role == "syntax.comment":
                look.setFontItalic(True)
            self.setFormat(start, length, look)


def _spans(text: str) -> list[list[tuple[int, int, str]]]:
    """Return for each line the coloured spans in it: start, length, colour role."""
    from pygments.lexers.python import PythonLexer
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    roles = (
        (Comment, "syntax.comment"),
        (String, "syntax.string"),
        (Number, "syntax.number"),
        (Name.Decorator, "syntax.decorator"),
        (Name.Function, "syntax.name"),
        (Name.Class, "syntax.name"),
        (Keyword, "syntax.keyword"),
        (Operator.Word, "syntax.keyword"),
    )
    lines: list[list[tuple[int, int, str]]] = [[]]
    column = 0
    for token, words in PythonLexer(stripnl=False).get_tokens(text):
        role = next((name for kind, name in roles if token in kind), "")
        for i, piece in enumerate(words.split("\n")):
            if i:
                lines.append([])
                column = 0
            if role and piece:
                lines[-1].append((column, len(piece), role))
            column += len(piece)
    return lines
