"""What a power cut leaves, on real files: each rule of lab/platter.py, and the faults that it must not forgive."""

import pytest

from lab.platter import Platter


@pytest.fixture
def platter(tmp_path):
    (tmp_path / "log").write_text("the laboratory's")
    platter = Platter(tmp_path, ["log"])
    yield platter
    platter.close()


def contents(directory) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


def test_what_was_never_synced_is_gone(tmp_path, platter):
    (tmp_path / "new").write_text("hello")
    platter.cut_power()
    assert contents(tmp_path) == {"log": "the laboratory's"}


def test_a_file_is_left_as_far_as_it_was_synced(tmp_path, platter):
    (tmp_path / "file").write_text("hello")
    platter.sync_file(tmp_path / "file", 5)
    with (tmp_path / "file").open("a") as file:
        file.write(", world")
    platter.cut_power()
    assert contents(tmp_path)["file"] == "hello"


def test_a_name_that_was_synced_without_its_content_is_an_empty_file(tmp_path, platter):
    (tmp_path / "file").write_text("hello")
    platter.sync_directory(tmp_path)
    platter.cut_power()
    assert contents(tmp_path)["file"] == ""


def test_a_rename_that_no_sync_of_the_directory_followed_has_not_happened(tmp_path, platter):
    (tmp_path / "old").write_text("old")
    platter.sync_file(tmp_path / "old", 3)
    (tmp_path / "temp").write_text("new")
    platter.sync_file(tmp_path / "temp", 3)
    (tmp_path / "temp").rename(tmp_path / "old")
    platter.cut_power()
    assert contents(tmp_path) == {"old": "old", "temp": "new", "log": "the laboratory's"}


def test_a_rename_with_a_sync_of_the_directory_lasts(tmp_path, platter):
    (tmp_path / "temp").write_text("new")
    platter.sync_file(tmp_path / "temp", 3)
    (tmp_path / "temp").rename(tmp_path / "file")
    platter.sync_directory(tmp_path)
    platter.cut_power()
    assert contents(tmp_path) == {"file": "new", "log": "the laboratory's"}


def test_a_removal_that_no_sync_of_the_directory_followed_has_not_happened(tmp_path, platter):
    (tmp_path / "file").write_text("still here")
    platter.sync_file(tmp_path / "file", 10)
    (tmp_path / "file").unlink()
    platter.cut_power()
    assert contents(tmp_path)["file"] == "still here"


def test_a_file_that_takes_a_removed_ones_place_gets_nothing_of_what_that_had_synced(tmp_path, platter):
    (tmp_path / "file").write_text("the first one")
    platter.sync_file(tmp_path / "file", 13)
    (tmp_path / "file").unlink()
    (tmp_path / "file").write_text("another one, perhaps in the same inode")
    platter.sync_directory(tmp_path)
    platter.cut_power()
    assert contents(tmp_path)["file"] == ""


def test_folders_have_names_of_their_own(tmp_path, platter):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("hello")
    platter.sync_directory(tmp_path)  # of another directory: it says nothing about this one's names
    platter.cut_power()
    assert "folder/file" not in contents(tmp_path)


def test_what_a_power_cut_left_outlives_the_next_one(tmp_path, platter):
    (tmp_path / "file").write_text("hello")
    platter.sync_file(tmp_path / "file", 5)
    platter.cut_power()
    platter.cut_power()
    assert contents(tmp_path)["file"] == "hello"


def test_what_was_there_at_the_beginning_is_on_the_disk(tmp_path):
    (tmp_path / "file").write_text("for years")
    platter = Platter(tmp_path)
    platter.cut_power()
    platter.close()
    assert contents(tmp_path) == {"file": "for years"}
