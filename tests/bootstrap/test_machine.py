"""What the machine lacks is found by trying it, and installed or asked for."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eqxviz.bootstrap import SetupError, machine
from eqxviz.bootstrap.machine import Missing

WANTED = [Missing("libnothing.so.7", "libnothing7"), Missing("libother.so.1", "libother1")]


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put an apt-get on PATH, alone, that runs the given shell lines; returns the list of calls."""

    def install(lines: str) -> Path:
        folder, calls = tmp_path / "bin", tmp_path / "calls"
        folder.mkdir()
        script = folder / "apt-get"
        script.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND: $*" >> {calls}\n{lines}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return calls

    return install


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "setup.log"


def test_libraries_are_missing_when_they_do_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"libc.so.6": "libc6", "libnothing.so.7": "libnothing7"}
    monkeypatch.setattr(machine, "_QT_LIBRARIES", table)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert machine.missing_for_qt() == WANTED[:1]


def test_window_libraries_are_asked_for_where_there_is_a_display(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "_QT_LIBRARIES", {})
    monkeypatch.setattr(machine, "_X11_LIBRARIES", {"libnothing.so.7": "libnothing7"})
    monkeypatch.setattr(machine, "_WAYLAND_LIBRARIES", {"libother.so.1": "libother1"})
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert machine.missing_for_qt() == WANTED[:1]
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert machine.missing_for_qt() == WANTED


def test_a_mac_has_what_qt_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_QT_LIBRARIES", {"libnothing.so.7": "libnothing7"})
    monkeypatch.setattr(sys, "platform", "darwin")
    assert machine.missing_for_qt() == []


def test_graphviz_and_git_are_comforts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [item.package for item in machine.missing_comforts()] == ["graphviz", "git"]
    for program in ("dot", "git"):
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    assert machine.missing_comforts() == []


def test_root_with_apt_installs_all_that_lacks_in_one_call(
    apt: Callable[[str], Path], log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = apt("exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.provide(WANTED, [Missing("dot", "graphviz")], log=log)
    assert calls.read_text().splitlines() == [
        "noninteractive: install --yes --no-install-recommends graphviz libnothing7 libother1"
    ]


def test_an_old_list_of_packages_is_renewed(
    apt: Callable[[str], Path], log: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    updated = tmp_path / "updated"
    calls = apt(f'if [ "$1" = update ]; then : > {updated}; exit 0; fi\n[ -e {updated} ]')
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.provide(WANTED, [], log=log)
    assert [line.split()[1] for line in calls.read_text().splitlines()] == [
        "install",
        "update",
        "install",
    ]


def test_the_end_of_what_apt_said_is_shown_when_it_fails(
    apt: Callable[[str], Path], log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt("echo 'E: Could not get lock /var/lib/dpkg/lock'; exit 100")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SetupError, match="Could not get lock") as raised:
        machine.provide(WANTED, [], log=log)
    assert str(log) in str(raised.value)
    assert "Could not get lock" in log.read_text()


def test_a_user_gets_the_exact_line_to_run(
    apt: Callable[[str], Path], log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = apt("exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    line = r"\n    sudo apt-get install --no-install-recommends graphviz libnothing7 libother1\n"
    with pytest.raises(SetupError, match=line) as raised:
        machine.provide(WANTED, [Missing("dot", "graphviz")], log=log)
    assert "libnothing.so.7, libother.so.1, which the application needs" in str(raised.value)
    assert "do better with: dot." in str(raised.value)
    assert not calls.exists()


def test_without_apt_the_libraries_are_named(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"lacks libnothing\.so\.7, .*package manager"):
        machine.provide(WANTED, [], log=log)


def test_a_missing_comfort_is_said_and_stops_nothing(
    apt: Callable[[str], Path],
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    apt("exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine.provide([], [Missing("dot", "graphviz")], log=log)
    said = capsys.readouterr().err
    assert "not found: dot" in said
    assert "sudo apt-get install --no-install-recommends graphviz" in said


def test_nothing_missing_says_nothing(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine.provide([], [], log=log)
    assert capsys.readouterr() == ("", "")
    assert not log.exists()
