"""The progress bars of the script, thin, with words."""

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.formatting import percent
from eqxviz.session.progress import Progress, shown_progress
from eqxviz.session.session import Session

_MOST = 2  # that have room; the others are told on hover
_WIDTH, _LEAST_WIDTH, _MOST_WIDTH = 220, 90, 460
_BEFORE_SHARE = 8
_APART = 14
_BAR = 3


class ProgressBars(QWidget):
    """The outermost bar, and beside it the one inside; hidden while there is none."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._shown: tuple[Progress, ...] = ()
        self._widest = 0  # a bar of this run, in pixels
        self.setFont(theme.font("small"))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Progress of the script")
        session.progressed.connect(self._on_progressed, check_nargs=False)
        session.run_changed.connect(self._on_progressed, check_nargs=False)
        theme.changed.connect(self.update)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self.hide()

    @property
    def texts(self) -> tuple[str, ...]:
        """What the bars say, outermost first."""
        return tuple(_words(progress) for progress in self._shown)

    def sizeHint(self) -> QSize:
        # All words where there is room; never narrower in between, or the line would be unquiet.
        metrics = self.fontMetrics()
        share = metrics.horizontalAdvance("100 %") + _BEFORE_SHARE
        words = (metrics.horizontalAdvance(p.words) for p in self._shown[:_MOST])
        self._widest = max(self._widest, *(min(w + share, _MOST_WIDTH) for w in words), _WIDTH)
        return self._size(self._widest)

    def minimumSizeHint(self) -> QSize:
        return self._size(_LEAST_WIDTH)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = self._shown[:_MOST]
        width = (self.width() - _APART * len(shown)) / max(len(shown), 1)
        for i, progress in enumerate(shown):
            self._paint(painter, progress, QRectF(i * (width + _APART), 0, width, self.height()))

    def _paint(self, painter: QPainter, progress: Progress, place: QRectF) -> None:
        theme, metrics = self._theme, self.fontMetrics()
        share = percent(progress.share) if math.isfinite(progress.share) else ""
        room = place.width() - (metrics.horizontalAdvance(share) + _BEFORE_SHARE if share else 0)
        words = metrics.elidedText(progress.words, Qt.TextElideMode.ElideRight, int(room))
        top = (place.height() - metrics.height() - _BAR) / 2
        box = QRectF(place.left(), top, place.width(), metrics.height())
        painter.setPen(theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, words)
        painter.setPen(theme.color("faint"))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, share)
        bar = QRectF(box.left(), box.bottom(), box.width(), _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("pressed"))
        painter.drawRoundedRect(bar, 1.5, 1.5)
        if math.isfinite(progress.share):
            bar.setWidth(max(bar.width() * progress.share, _BAR))
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(bar, 1.5, 1.5)

    def _size(self, width: int) -> QSize:
        n = max(len(self._shown[:_MOST]), 1)
        return QSize(n * (width + _APART), self.fontMetrics().height() + _BAR)

    def _on_progressed(self) -> None:
        run = self._session.run
        self._shown = shown_progress(run.bars) if run is not None and run.is_live else ()
        if not self._shown:
            self._widest = 0
        texts = "\n".join(self.texts)
        if texts != self.toolTip():
            self.setToolTip(texts)
            self.setAccessibleDescription(texts)
        self.setVisible(bool(self._shown))
        self.updateGeometry()
        self.update()


def _words(progress: Progress) -> str:
    """Return "epoch: 3 of 10, 30 %, 23 s left"."""
    parts = [progress.words]
    if math.isfinite(progress.share):
        parts.append(percent(progress.share))
    if progress.remaining:
        parts.append(f"{progress.remaining} left")
    return ", ".join(parts)


def _disconnect(session: Session, bars: ProgressBars) -> None:
    for signal in (session.progressed, session.run_changed):
        signal.disconnect(bars._on_progressed, missing_ok=True)
