"""Writing that is killed, that finds no room, or that finds no folder it may write to."""

import contextlib
import errno
import os
import resource
import subprocess
import sys

import pandas as pd
import pytest
from fakes import Mean
from running import rows, run
from undisturbed import blocks, files, killed_at, run_in_a_process, study

import mcsim
from mcsim.errors import ResultsError
from mcsim.store.failpoints import STEPS

STEPS_OF_A_WRITE = [step for step in STEPS if "move" not in step and "performance" not in step]
KILLED_AT = [
    # study.json, conditions.parquet, the first block, the last block, a table of performance
    *(f"{step}:{number}" for step in STEPS_OF_A_WRITE for number in (1, 2, 3, 10, 12)),
    "performance-outdated",
    "performance-written",
]


@contextlib.contextmanager
def small_disk(folder, *options):
    """A file system of its own; skipped where this may not be made."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", folder]
    try:
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        pytest.skip("a file system can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_23_a_limit_on_the_size_of_files_ends_with_74_and_what_was_published_stays(tmp_path):
    root = tmp_path / "results"
    smallest = 4096  # study.json and conditions.parquet fit, a block of 100 replications does not
    run(study(replications=10), root)
    before = {path: path.read_bytes() for path in blocks(root)}

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (smallest, smallest))

    done = run_in_a_process(root, preexec_fn=limit)
    assert done.returncode == 74, done.stderr
    assert "File too large" in done.stderr
    assert {path: path.read_bytes() for path in blocks(root)} == before
    assert len(rows(root)) == 10 * 8
    run(study(), root)
    other = tmp_path / "other"
    run(study(), other)
    pd.testing.assert_frame_equal(rows(root), rows(other), check_exact=True)


@pytest.mark.parametrize("options", ["size=64k", "nr_inodes=14"])
def test_23_a_full_disk_ends_with_74_and_a_resume_with_room_completes(
    options, tmp_path, undisturbed, as_if_undisturbed
):
    with small_disk(tmp_path / "disk", options) as disk:
        root = disk / "results"
        done = run_in_a_process(root)
        assert done.returncode == 74, done.stderr
        assert "No space left on device" in done.stderr
        some = rows(root)
        assert 0 < len(some) < len(undisturbed.rows)
        assert [name for name in files(root) if ".tmp" in name] == []
        subprocess.run(["mount", "-o", "remount,size=8m,nr_inodes=1000", disk], check=True)
        as_if_undisturbed(root)


def test_24_a_file_where_the_folder_should_be_is_refused(tmp_path):
    (tmp_path / "results").write_text("mine")
    done = run_in_a_process(tmp_path / "results")
    assert done.returncode == 2
    assert "is a file; give a folder" in done.stderr
    assert (tmp_path / "results").read_text() == "mine"


def test_24_a_folder_without_a_parent_is_refused(tmp_path):
    done = run_in_a_process(tmp_path / "typo" / "results")
    assert done.returncode == 2
    assert "there is no folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_24_a_read_only_folder_is_refused_before_anything_is_simulated(tmp_path, monkeypatch):
    def simulate(*_args):
        pytest.fail("it was simulated")

    monkeypatch.setattr("fakes.Plain.simulate", simulate)
    with small_disk(tmp_path / "disk", "size=1m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(
            ResultsError, match=r"cannot write to the results folder .*: Read-only file system"
        ) as caught:
            run(study(), disk / "results")
        assert caught.value.exit_code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing stops root")
@pytest.mark.parametrize("inside", ["", "results"])
def test_24_a_folder_that_may_not_be_written_is_refused(inside, tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o500)
    with pytest.raises(ResultsError, match="Permission denied"):
        run(study(), folder / inside)
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_24_a_folder_in_which_nothing_can_be_made_is_refused():
    with pytest.raises(ResultsError, match="cannot write to the results folder"):
        run(study(), "/proc/results")


@pytest.mark.parametrize("step", KILLED_AT)
def test_28_a_run_killed_at_any_step_of_a_write_is_resumed(step, tmp_path, undisturbed, as_if_undisturbed):
    root = tmp_path / "results"
    assert killed_at(step, root)
    for path in blocks(root):
        assert len(pd.read_parquet(path)) in {200, 100}
    as_if_undisturbed(root)


@pytest.mark.parametrize("step", ["before-move:1", "after-move:1", "after-move:3", "before-publish:2"])
def test_28_a_run_killed_while_it_moves_files_is_resumed(step, tmp_path, undisturbed, as_if_undisturbed):
    root = tmp_path / "results"
    run(study(mean=[0.0, 1.0, 2.0], methods={"A": Mean(), "B": Mean(shift=1.0), "C": Mean(shift=2.0)}), root)
    assert killed_at(step, root)
    run(study(), root)
    retired = [name for name in files(root) if name.startswith("retired/")]
    assert len(retired) == 2 * (3 + 2)
    as_if_undisturbed(root, *retired)


def test_28_every_step_has_a_test():
    tested = {step.partition(":")[0] for step in [*KILLED_AT, "before-move:1", "after-move:1"]}
    assert set(STEPS) - tested == {"half-moved"}  # of object stores: test_objects.py


def test_33_a_file_system_without_links_does_as_well(tmp_path, monkeypatch, as_if_undisturbed):
    def refuse(*_args, **_kwargs):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "symlink", refuse)
    as_if_undisturbed(tmp_path / "results")


def test_33_a_file_system_that_cannot_flush_a_folder_does_as_well(tmp_path, monkeypatch, as_if_undisturbed):
    fsync = os.fsync

    def refuse_folders(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112 (a link of the system)
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    as_if_undisturbed(tmp_path / "results")


def test_a_fail_point_that_is_not_asked_for_does_nothing(tmp_path):
    assert run_in_a_process(tmp_path / "results").returncode == 0
    assert mcsim.run(study(), results=tmp_path / "results", progress=False).simulated == 0
