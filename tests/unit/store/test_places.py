"""What every place offers, a local folder and one reached by a URI alike."""

import uuid
from pathlib import Path

import pytest

from mcsim.errors import ResultsError
from mcsim.store.places import absolute, each, is_remote, local_path, place_of, split


@pytest.fixture(params=["local", "remote"])
def place(request, tmp_path):
    """A folder of this machine, and one in the memory of this process that pyarrow reaches through fsspec."""
    pytest.importorskip("fsspec")
    place = place_of(tmp_path / "root" if request.param == "local" else f"memory://{uuid.uuid4()}/root", "study")
    place.prepare()
    return place


def test_to_prepare_a_place_leaves_nothing_in_it(place):
    place.check()
    assert place.names() == []


def test_what_is_published_is_there_whole_and_replaces_what_was(place):
    place.publish("a/b c/é.parquet", b"one")
    place.publish("a/b c/é.parquet", memoryview(b"longer"))
    place.publish("empty", b"")
    assert place.read("a/b c/é.parquet") == b"longer"
    assert place.tail("a/b c/é.parquet", 3) == (b"ger", 6)
    assert place.tail("empty", 3) == (b"", 0)
    assert sorted(place.names()) == ["a/b c/é.parquet", "empty"]
    assert place.names("a") == ["b c/é.parquet"]
    assert place.names("none") == []


def test_a_file_that_is_not_there_is_not_there(place):
    assert not place.exists("none")
    for read in (place.read, lambda name: place.tail(name, 1)):
        with pytest.raises(FileNotFoundError):
            read("none")


def test_moving_and_removing_are_for_files_that_another_may_have_taken(place):
    place.publish("a/one", b"1")
    place.move("a/one", "b/two")
    assert (place.exists("a/one"), place.read("b/two")) == (False, b"1")
    place.move("a/one", "b/three")
    place.remove("b/two")
    place.remove("b/two")
    assert place.names() == []


def test_the_folders_of_a_place_are_those_with_something_in_them(place):
    for name in ("b/file", "a/x/file", "file"):
        place.publish(name, b"")
    assert place.folders() == ["a", "b"]


def test_work_on_many_files_comes_back_in_order(place):
    assert list(each(place, lambda number: number**2, range(100))) == [number**2 for number in range(100)]


@pytest.mark.parametrize(
    ("given", "remote"),
    [("s3://bucket/prefix", True), ("results", False), ("file:///tmp/results", False), (Path("results"), False)],
)
def test_a_uri_is_told_from_a_path(given, remote):
    assert is_remote(given) == remote
    assert (absolute(given) == given) == remote
    assert remote or Path(absolute(given)).is_absolute()


def test_a_file_uri_is_a_local_path():
    assert local_path("file:///tmp/my%20results") == Path("/tmp/my results")  # noqa: S108 (nothing is written)


@pytest.mark.parametrize(
    ("folder", "root", "name"),
    [
        ("s3://bucket/prefix/study?scheme=http", "s3://bucket/prefix?scheme=http", "study"),
        ("s3://bucket/prefix/study/", "s3://bucket/prefix", "study"),
        ("results/study/", Path.cwd() / "results", "study"),
        ("results/study/../other", Path.cwd() / "results", "other"),
    ],
)
def test_a_study_s_folder_is_the_root_and_its_name(folder, root, name):
    assert split(folder) == (root, name)


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("s4://bucket/prefix", "s4"),
        ("s3://", "it names no bucket"),
        ("s3://bucket/x?nonsense=1", "Unexpected query parameter"),
        ("s3://a b/c", "Cannot parse URI"),
    ],
)
def test_a_uri_that_leads_nowhere_is_refused(uri, why):
    with pytest.raises(ResultsError, match=f"cannot use the results folder .*{why}") as caught:
        place_of(uri, "study").check()
    assert caught.value.exit_code == 2


def test_no_password_of_a_uri_is_shown():
    place = place_of("s3://key:secret@bucket/prefix?scheme=http", "study")
    assert place.where("a/b") == "s3://bucket/prefix/study/a/b"
    with pytest.raises(ResultsError, match=r"Cannot parse URI: 's3://a b/c") as caught:
        place_of("s3://key:secret@a b/c").check()
    assert "secret" not in str(caught.value)
