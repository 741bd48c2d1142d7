"""What is remembered."""

import pytest
from PySide6.QtCore import QByteArray

from eqxviz.gui.settings import (
    ALLOWED_FILES,
    GEOMETRY,
    RECENT_FILES,
    REDUCED_MOTION,
    SETTINGS,
    THEME,
    Settings,
)


@pytest.fixture(autouse=True)
def _no_settings_before(qapp, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtCore import QSettings

    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))


def test_everything_begins_with_its_default():
    settings = Settings()
    assert {s.key: settings[s] for s in SETTINGS} == {s.key: s.default for s in SETTINGS}


def test_what_is_set_is_there_at_the_next_start():
    first = Settings()
    first[THEME] = "dark"
    first[REDUCED_MOTION] = True
    first.set_bytes(GEOMETRY, QByteArray(b"\x00\xff\x01"))
    second = Settings()
    assert (second[THEME], second[REDUCED_MOTION]) == ("dark", True)
    assert second.bytes(GEOMETRY) == QByteArray(b"\x00\xff\x01")


def test_settings_off_the_disk_are_forgotten():
    Settings(on_disk=False)[THEME] = "dark"
    assert Settings(on_disk=False)[THEME] == "system"
    assert Settings()[THEME] == "system"


def test_the_newest_comes_first_once_and_the_oldest_is_forgotten():
    settings = Settings(on_disk=False)
    for i in range(30):
        settings.put_first(RECENT_FILES, f"/x/{i}.py")
    settings.put_first(RECENT_FILES, "/x/25.py")
    assert settings[RECENT_FILES][:3] == ("/x/25.py", "/x/29.py", "/x/28.py")
    assert len(settings[RECENT_FILES]) == 12


@pytest.mark.parametrize("text", ["{", '"mauve"', "3", "null"])
def test_what_somebody_broke_counts_as_the_default(text: str):
    settings = Settings()
    settings._write(THEME.key, text)
    settings._write(ALLOWED_FILES.key, text)
    assert settings[THEME] == "system"
    assert settings[ALLOWED_FILES] == ()
