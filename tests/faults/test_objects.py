"""Results on an object store: the same rows, whatever happens on the way. The server speaks the protocol of S3."""

import uuid

import pandas as pd
import pyarrow.parquet as pq
import pytest
from fakes import Mean
from objects import ALONE, CREDENTIALS, free_port, refusing_server, s3_server
from pyarrow import fs
from running import run
from undisturbed import STUDY, run_in_a_process, study

import mcsim
from mcsim.cli.main import main
from mcsim.errors import ResultsError
from mcsim.store import Store
from mcsim.store.merging import merge
from mcsim.store.verification import verify_blocks, verify_others

pytest.importorskip("moto.server", reason="the server of the tests is not installed")


@pytest.fixture(scope="module")
def server():
    """The address of a server of its own."""
    with s3_server() as address:
        yield address


@pytest.fixture
def environment(server, monkeypatch):
    """The environment by which the server is found."""
    found = {**CREDENTIALS, **ALONE, "AWS_ENDPOINT_URL": f"http://{server}"}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def bucket(environment):
    """A bucket of its own."""
    name = f"b{uuid.uuid4().hex}"
    fs.FileSystem.from_uri(f"s3://{name}?allow_bucket_creation=true")[0].create_dir(name)
    return name


def every_row(uri):
    store = Store(uri, "study")
    frame = pd.concat([store.read_estimates(key).assign(condition=key) for key in study().conditions])
    words = dict.fromkeys(("method", "estimand", "status", "note"), "str")
    return frame.astype(words).sort_values(["condition", "method", "rep", "estimand"], ignore_index=True)


def names(uri):
    return sorted(Store(uri, "study").place.names())


def as_undisturbed(uri, undisturbed):
    expected = undisturbed.rows.astype({"method": "str", "estimand": "str", "status": "str", "note": "str"})
    pd.testing.assert_frame_equal(every_row(uri)[expected.columns], expected, check_exact=True)
    assert names(uri) == undisturbed.files


def test_a_run_against_an_object_store_has_the_rows_and_files_of_a_local_one(bucket, undisturbed, tmp_path):
    uri = f"s3://{bucket}/a prefix".replace(" ", "%20")
    result = run(study(), uri)
    as_undisturbed(uri, undisturbed)
    assert run(study(), uri).simulated == 0
    run(study(), tmp_path)
    pd.testing.assert_frame_equal(result.performance, Store(tmp_path, "study").performance())
    pd.testing.assert_frame_equal(mcsim.performance(study(), uri), mcsim.performance(study(), tmp_path))


def test_the_endpoint_may_stand_in_the_uri(bucket, server, undisturbed, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    uri = f"s3://{bucket}/prefix?endpoint_override={server}&scheme=http"
    result = run(study(), uri)
    as_undisturbed(uri, undisturbed)
    assert len(result.performance)
    assert server not in repr(result)


@pytest.mark.parametrize(
    "step", ["before-publish:1", "after-publish:1", "after-publish:4", "before-publish:9", "performance-outdated"]
)
def test_28_a_run_killed_at_any_step_is_resumed(step, bucket, undisturbed):
    uri = f"s3://{bucket}/prefix"
    assert run_in_a_process(uri, env={"MCSIM_FAILPOINT": step}).returncode == -9
    assert run_in_a_process(uri).returncode == 0
    assert names(uri) == undisturbed.files
    assert run(study(), uri).simulated == 0


@pytest.mark.parametrize("step", ["before-move", "half-moved", "half-moved:2", "after-move:2"])
def test_28_a_run_killed_while_it_moves_objects_is_resumed(step, bucket, undisturbed):
    uri = f"s3://{bucket}/prefix"
    run(study(methods={"A": Mean(), "B": Mean(shift=1.0), "C": Mean(shift=2.0)}), uri)
    assert run_in_a_process(uri, env={"MCSIM_FAILPOINT": step}).returncode == -9
    run(study(), uri)
    assert [name for name in names(uri) if not name.startswith("retired")] == undisturbed.files
    assert len([name for name in names(uri) if name.startswith("retired")]) == 4
    assert run(study(methods={"A": Mean(), "B": Mean(shift=1.0), "C": Mean(shift=2.0)}), uri).simulated == 0


def test_25_damaged_objects_are_found_set_aside_and_computed_again(bucket, undisturbed):
    uri = f"s3://{bucket}/prefix"
    run(study(), uri)
    place = Store(uri, "study").place
    first, second, *_ = (name for name in place.names() if name.startswith("estimates/"))
    whole = place.read(first)
    place.publish(first, whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    place.publish(second, whole[:-1])
    store = Store(uri, "study")
    damaged = [damage for damage in verify_blocks(place, store.record().seed, study()) if damage]
    assert [damage.file for damage in damaged] == [first, second]
    store.set_aside(damaged)
    assert [damage for damage in verify_others(place, store.record()) if damage] == []
    assert run(study(), uri).simulated > 0
    aside = [name for name in names(uri) if name.startswith("damaged")]
    assert len(aside) == 2
    for name in aside:
        place.remove(name)
    as_undisturbed(uri, undisturbed)


def test_every_verb_works_on_an_object_store(bucket, standing, capsys):
    (standing / "mine.py").write_text(STUDY)
    place = ["--results", f"s3://{bucket}/prefix"]
    assert main(["run", "mine.py", "--jobs", "2", *place]) == 0
    for verb in ("plan", "status", "performance", "verify"):
        assert main([verb, "mine.py", *place]) == 0
    assert main(["export", "mine.py", "--out", "all.parquet", *place]) == 0
    assert len(pq.read_table("all.parquet")) == 300
    said = capsys.readouterr()
    assert "Nothing to do" in said.out
    assert f"s3://{bucket}/prefix/mine are whole" in said.out
    assert main(["merge", str(standing / "local" / "mine"), f"s3://{bucket}/prefix/mine"]) == 0
    assert main(["run", "mine.py", "--results", "local", "--jobs", "1"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    system, _ = fs.FileSystem.from_uri(f"s3://{bucket}")
    assert len(pd.read_parquet(f"{bucket}/prefix/mine/estimates", filesystem=system)) == 300


def test_results_are_merged_into_an_object_store(bucket, undisturbed, tmp_path):
    run(study(mean=[0.0]), tmp_path / "one")
    run(study(mean=[1.0]), tmp_path / "two")
    target = Store(f"s3://{bucket}/prefix", "study")
    merge(target, [Store(tmp_path / name, "study") for name in ("one", "two")])
    assert run(study(), f"s3://{bucket}/prefix").simulated == 0
    as_undisturbed(f"s3://{bucket}/prefix", undisturbed)


def test_listing_takes_one_request_for_all_conditions(bucket):
    place = Store(f"s3://{bucket}/prefix", "study").place
    for number in range(30):
        place.publish(f"estimates/condition=c{number:012x}/m000000000000-000000000-000000100.parquet", b"")
    from mcsim.store import remote

    system, path = remote._connect(f"s3://{bucket}/prefix")
    calls = []

    class Counting:
        def get_file_info(self, *given):
            calls.append(given)
            return system.get_file_info(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remote, "_connect", lambda uri: remote._Connection(Counting(), path))
        assert len(place.names("estimates")) == 30
    assert len(calls) == 1


# What cannot be used is refused before anything is simulated


def refused(uri, match, monkeypatch):
    monkeypatch.setattr("fakes.Plain.simulate", lambda *_: pytest.fail("it was simulated"))
    with pytest.raises(ResultsError, match=match) as caught:
        run(study(), uri)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_24_a_bucket_that_is_not_there_is_refused(environment, monkeypatch):
    refused("s3://nobody-has-this/prefix", "there is no bucket nobody-has-this", monkeypatch)


def test_24_a_server_that_is_not_there_is_refused(environment, monkeypatch):
    uri = f"s3://bucket/prefix?endpoint_override=127.0.0.1:{free_port()}&scheme=http"
    refused(uri, r"cannot use the results folder s3://bucket/prefix: .*connect", monkeypatch)


def test_24_missing_credentials_are_refused(environment, monkeypatch):
    for name in CREDENTIALS.keys() - {"AWS_REGION"}:
        monkeypatch.delenv(name)
    with refusing_server(403) as address:
        uri = f"s3://bucket/prefix?endpoint_override={address}&scheme=http"
        refused(uri, "cannot use the results folder s3://bucket/prefix: .*credentials come from", monkeypatch)


@pytest.mark.parametrize("uri", ["s4://bucket/prefix", "s3://", "s3://a b"])
def test_24_a_uri_that_names_nothing_is_refused(uri, environment, monkeypatch):
    refused(uri, "cannot use the results folder s", monkeypatch)
