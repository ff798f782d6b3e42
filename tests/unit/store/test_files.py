"""Files that are there or not, whatever happens while they are written."""

import errno
import json
import os
import subprocess
import sys

import pytest

from mcsim.errors import StorageError
from mcsim.store.files import remove_leftovers, write_atomically, write_json


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_leftover(tmp_path):
    path = tmp_path / "study.json"
    write_json(path, {"old": 1})

    def fail(stream):
        stream.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError, match=r"cannot write .*study\.json: No space left on device"):
        write_atomically(path, fail)
    assert json.loads(path.read_text()) == {"old": 1}
    assert os.listdir(tmp_path) == ["study.json"]  # noqa: PTH208


def test_while_it_is_written_a_file_has_a_name_that_no_reader_takes(tmp_path):
    seen = []
    write_atomically(tmp_path / "a.parquet", lambda stream: seen.extend(p.name for p in tmp_path.iterdir()))
    [name] = seen
    assert name.startswith(".")
    assert not name.endswith(".parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_a_json_file_that_says_so_already_is_left_alone(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    os.utime(path, (1, 1))
    write_json(path, {"a": 1})
    assert path.stat().st_mtime == 1


def test_what_a_killed_process_left_behind_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    kill_while_writing = (
        "import os, sys; from pathlib import Path; from mcsim.store.files import write_atomically\n"
        "write_atomically(Path(sys.argv[1]) / 'a.parquet', lambda stream: os.kill(os.getpid(), 9))"
    )
    subprocess.run([sys.executable, "-c", kill_while_writing, tmp_path], check=False)
    [left] = tmp_path.iterdir()
    mine = left.with_name(left.name.replace(left.suffixes[-2], f".{os.getpid()}"))
    mine.touch()
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [mine]
