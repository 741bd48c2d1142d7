"""Markdown to read, in the theme's fonts and colours, as tall as its words need."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from eqxviz.gui.theme import Theme

_LINE_HEIGHT = 142  # percent of the letters; in a block of code 100, or its lines were apart
_BETWEEN = 9  # pixels from one paragraph to the next
_CODE_PIXELS = 12
_INDENT = 18
_CODE_MARGIN, _HANGING = 6, 14


class MarkdownText(QTextBrowser):
    """A text that asks for the height it needs at its width; what holds it scrolls."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._markdown = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenExternalLinks(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.document().setDocumentMargin(0)
        self.document().setIndentWidth(_INDENT)
        theme.changed.connect(self._draw)

    def show_markdown(self, text: str, folder: Path | None = None) -> None:
        """Show `text`; pictures in it are those of `folder`."""
        self._markdown = text
        self.setSearchPaths([str(folder)] if folder is not None else [])
        if folder is not None:
            self.document().setBaseUrl(QUrl.fromLocalFile(f"{folder}/"))
        self.setAccessibleName(text)
        self._draw()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _height(self) -> int:
        return max(1, round(self.document().size().height()) + 1)

    def _fit(self) -> None:
        """Take the height that the words need at this width."""
        bar = self.horizontalScrollBar()
        is_wide = self.document().idealWidth() > self.viewport().width() + 1
        self.setFixedHeight(self._height() + (bar.sizeHint().height() if is_wide else 0))

    def _draw(self) -> None:
        features = QTextDocument.MarkdownFeature
        document = self.document()
        document.setDefaultFont(self._theme.font("sans"))
        document.setMarkdown(self._markdown, features.MarkdownDialectGitHub)
        block = document.begin()
        while block.isValid():
            self._dress_block(block)
            block = block.next()
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                self._dress_table(frame)
        self._fit()

    def _dress_block(self, block: QTextBlock) -> None:
        cursor = QTextCursor(block)
        shape = QTextBlockFormat(block.blockFormat())
        is_code = _is_code(block)
        proportional = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
        shape.setLineHeight(100 if is_code else _LINE_HEIGHT, proportional)
        is_cell = cursor.currentTable() is not None
        shape.setTopMargin(0)
        shape.setNonBreakableLines(False)  # nothing is wider than there is room
        is_last = not block.next().isValid()
        shape.setBottomMargin(0 if is_cell or is_code or is_last else _BETWEEN)
        if is_code:
            shape.setBackground(self._theme.color("hover"))
            shape.setLeftMargin(_CODE_MARGIN + _HANGING)  # where a broken line goes on
            shape.setRightMargin(_CODE_MARGIN)
            shape.setTextIndent(-_HANGING)
            if not is_last and not _is_code(block.next()):
                shape.setBottomMargin(_BETWEEN)
        elif block.textList() is not None and not is_last:
            shape.setBottomMargin(5)
        cursor.setBlockFormat(shape)
        self._dress_words(block, is_code)

    def _dress_words(self, block: QTextBlock, is_code: bool) -> None:
        pieces: list[tuple[int, int, QTextCharFormat]] = []
        found = block.begin()
        while not found.atEnd():
            piece = found.fragment()
            look = piece.charFormat()
            is_bold = look.fontWeight() >= QFont.Weight.Bold
            if is_code or look.fontFixedPitch() or is_bold:
                pieces.append((piece.position(), piece.length(), look))
            found += 1
        for position, length, look in pieces:
            cursor = QTextCursor(block)
            cursor.setPosition(position)
            cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
            if not is_code and not look.fontFixedPitch():
                look.setFontWeight(QFont.Weight.DemiBold)  # no heavier one is bundled
                cursor.setCharFormat(look)
                continue
            look.setFont(self._mono())
            if not is_code:
                tint = QColor(self._theme.color("faint"))
                tint.setAlpha(34)
                look.setBackground(tint)
            cursor.setCharFormat(look)

    def _dress_table(self, table: QTextTable) -> None:
        shape = table.format()
        shape.setBorderCollapse(True)
        shape.setBorder(1)
        shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        shape.setBorderBrush(self._theme.color("line"))
        shape.setCellPadding(5)
        shape.setCellSpacing(0)
        shape.setTopMargin(2)
        shape.setBottomMargin(_BETWEEN + 2)
        shape.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        table.setFormat(shape)

    def _mono(self) -> QFont:
        font = self._theme.font("mono")
        font.setPixelSize(_CODE_PIXELS)
        return font


def _is_code(block: QTextBlock) -> bool:
    shape = block.blockFormat()
    return shape.hasProperty(QTextFormat.Property.BlockCodeFence) or shape.hasProperty(
        QTextFormat.Property.BlockCodeLanguage
    )
