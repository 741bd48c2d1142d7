"""Folders of processes: made, and taken away when nobody is there any more."""

import os
import socket
from pathlib import Path

import pytest

from eqxviz.engine import places
from eqxviz.engine.places import Places, remove_abandoned, socket_folder


def test_a_folder_that_goes_while_abandoned_ones_are_looked_for_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("s")))
    found = socket_folder()
    (found / "inspector-gone").symlink_to(found / "nowhere")  # listed, and not there when looked at
    abandoned, young = found / "inspector-old", found / "inspector-young"
    for folder in (abandoned, young):
        folder.mkdir()
    os.utime(abandoned, (0, 0))
    remove_abandoned()
    assert not abandoned.exists()
    assert young.exists()
    assert Path(os.readlink(found / "inspector-gone")).name == "nowhere"


def test_sockets_and_tokens_of_runs_that_were_killed_are_taken_away(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("s")))
    kept = Places(tmp_path)
    live, killed, never_met, young = (kept.of_run(f"{n}.py") for n in "abcd")
    with (
        socket.socket(socket.AF_UNIX) as listening,
        socket.socket(socket.AF_UNIX) as gone,
    ):
        listening.bind(str(live.socket))
        listening.listen()
        gone.bind(str(killed.socket))
        gone.close()
        for place in (live, killed, never_met):
            os.utime(place.token_file, (0, 0))
        remove_abandoned()
        left = {path.name for path in socket_folder().iterdir()}
    assert left == {live.socket.name, live.token_file.name, young.token_file.name}


def test_runs_are_kept_among_temporary_files_where_their_folder_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(places, "_own_temporary_folder", lambda: tmp_path / "temporary")
    (tmp_path / "home").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    kept = Places(None)
    place = kept.of_run(tmp_path / "train.py")
    assert place.folder.parent == kept.runs_folder() == tmp_path / "temporary" / "runs"
    assert "Not a directory" in kept.why_elsewhere
    assert kept.live_runs() == []


def test_a_folder_that_was_asked_for_is_not_replaced_by_another(tmp_path: Path):
    (tmp_path / "home").touch()
    with pytest.raises(NotADirectoryError, match="Not a directory"):
        Places(tmp_path / "home" / "state").runs_folder()
