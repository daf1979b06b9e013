"""The real disk, where it does what the one in memory does not: descriptors, partial writes, real errors."""

import os

import pytest

from stage2_persistence.disk import Disk


@pytest.fixture
def disk(tmp_path, monkeypatch) -> Disk:
    monkeypatch.chdir(tmp_path)
    return Disk()


def test_a_write_that_the_system_takes_in_parts_is_made_whole(disk, monkeypatch):
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real_write(descriptor, data[:3]))
    file = disk.create("log")
    file.write(b"0123456789")
    assert file.size == 10 and disk.read_whole("log") == b"0123456789"
    file.close()


def test_after_an_error_size_says_how_much_is_there(disk, monkeypatch):
    real_write, allowed = os.write, [3, 2]

    def write(descriptor, data):
        if not allowed:
            raise OSError(28, "No space left on device")
        return real_write(descriptor, data[: allowed.pop(0)])

    file = disk.append("log")
    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="No space left"):
        file.write(b"0123456789")
    assert file.size == 5 and disk.size("log") == 5
    file.truncate(0)
    monkeypatch.setattr(os, "write", real_write)
    file.write(b"abc")
    assert file.size == 3 and disk.read_whole("log") == b"abc"
    file.close()


def test_what_is_appended_goes_to_the_end_also_behind_a_truncation_by_somebody_else(disk):
    file = disk.append("log")
    file.write(b"0123456789")
    disk.truncate("log", 4)
    file.write(b"x")
    assert disk.read_whole("log") == b"0123x"
    file.close()
    again = disk.append("log")
    assert again.size == 5
    again.close()


def test_replace_leaves_no_temporary_file_and_closes_what_it_opened(disk):
    before = set(os.listdir("/proc/self/fd"))
    for content in (b"old", b"new"):
        disk.replace("file", content, "temporary")
    assert disk.names(".") == ["file"]
    assert disk.read_whole("file") == b"new" and set(os.listdir("/proc/self/fd")) == before


def test_the_working_directory_is_synced_under_the_name_of_nothing(disk):
    disk.sync_directory("")
    disk.make_directory("folder/below")
    disk.make_directory("folder/below")
    disk.sync_directory("folder")
    with pytest.raises(FileNotFoundError):
        disk.sync_directory("missing")


def test_a_directory_is_no_file(disk):
    disk.make_directory("folder")
    with pytest.raises(IsADirectoryError):
        disk.append("folder")
    with pytest.raises(IsADirectoryError):
        disk.read("folder")
    assert disk.exists("folder") and not disk.exists("folder/x")
