"""Files that are there or not, whatever happens while they are written."""

import errno
import os
import subprocess
import sys

import pytest

from mcsim.errors import ResultsError, StorageError
from mcsim.store.local import Local, whole_file
from mcsim.store.places import write_json


@pytest.fixture
def place(tmp_path):
    """A folder."""
    return Local(tmp_path)


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_leftover(place, tmp_path):
    place.publish("study.json", b"old")

    def fail():
        with whole_file(tmp_path / "study.json") as stream:
            stream.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError, match=r"cannot write .*study\.json: No space left on device"):
        fail()
    assert place.read("study.json") == b"old"
    assert place.names() == ["study.json"]


def test_while_it_is_written_a_file_has_a_name_that_no_reader_takes(place, tmp_path):
    with whole_file(tmp_path / "a.parquet") as stream:
        [name] = place.names()
        stream.write(b"whole")
    assert name.startswith(".")
    assert not name.endswith(".parquet")
    assert place.names() == ["a.parquet"]
    assert place.read("a.parquet") == b"whole"


def test_a_json_file_that_says_so_already_is_left_alone(place, tmp_path):
    write_json(place, "a.json", {"a": 1})
    os.utime(tmp_path / "a.json", (1, 1))
    write_json(place, "a.json", {"a": 1})
    assert (tmp_path / "a.json").stat().st_mtime == 1


def test_what_a_killed_process_left_behind_is_removed_and_what_a_living_one_writes_is_not(place, tmp_path):
    kill_while_writing = (
        "import os, sys; from pathlib import Path; from mcsim.store.local import Local\n"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), 9)\n"
        "Local(Path(sys.argv[1])).publish('x/a.parquet', b'half')"
    )
    subprocess.run([sys.executable, "-c", kill_while_writing, tmp_path], check=False)
    [left] = (tmp_path / "x").iterdir()
    mine = left.with_name(left.name.replace(left.suffixes[-2], f".{os.getpid()}"))
    elsewhere = left.with_name(left.name.replace(".parquet.", ".parquet.another-"))
    mine.touch()
    elsewhere.touch()
    place.remove_leftovers()
    assert sorted((tmp_path / "x").iterdir()) == sorted([mine, elsewhere])


def test_a_folder_goes_with_its_last_file(place, tmp_path):
    place.publish("a/b/file", b"")
    place.publish("a/other", b"")
    place.move("a/b/file", "c/d/file")
    assert sorted(place.names()) == ["a/other", "c/d/file"]
    assert not (tmp_path / "a" / "b").exists()
    place.remove("c/d/file")
    assert not (tmp_path / "c" / "d").exists()


def test_what_another_runner_has_moved_or_removed_already_is_no_fault(place):
    place.move("gone", "elsewhere")
    place.remove("gone")
    assert place.names() == []


def test_to_read_what_is_not_there_is_told_from_failing_to_read(place, tmp_path):
    for read in (place.read, lambda name: place.tail(name, 9)):
        with pytest.raises(FileNotFoundError):
            read("none")
        (tmp_path / "folder").mkdir(exist_ok=True)
        with pytest.raises(StorageError, match=r"cannot read .*folder: Is a directory"):
            read("folder")


def test_the_tail_of_a_file_comes_with_its_size(place):
    place.publish("a", b"0123456789")
    assert place.tail("a", 3) == (b"789", 10)
    assert place.tail("a", 99) == (b"0123456789", 10)


def test_a_link_to_a_folder_above_is_not_followed_for_ever(place, tmp_path):
    place.publish("a/file", b"")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    assert "a/file" in place.names()
    assert len(place.names()) < 10


@pytest.mark.parametrize("root", ["x" * 300, "a\0b"])
def test_what_cannot_be_a_path_is_refused(root, tmp_path):
    with pytest.raises(ResultsError, match=r"cannot use the results folder .*(too long|null)"):
        Local(tmp_path / root).check()


def test_the_parent_of_a_results_folder_has_to_be_there(tmp_path):
    with pytest.raises(ResultsError, match=r"there is no folder .*typo; make it first"):
        Local(tmp_path / "typo" / "results", "study").prepare()
    assert list(tmp_path.iterdir()) == []
    Local(tmp_path / "results", "study").prepare()
    assert (tmp_path / "results" / "study").is_dir()
