"""Conditions to look at, and the commands that replay one of their replications."""

import shlex

import pytest

from mcsim.cli.main import main
from mcsim.report.charts.tables import tables_of
from mcsim.report.page.attention import MOST, most_failing, slowest
from mcsim.standing import Standing, standings


@pytest.fixture(scope="module")
def words(ran):
    study, store = ran
    return [str(study.source), "--results", str(store.path.parent)]


@pytest.fixture(scope="module")
def failing(ran, words):
    study, store = ran
    return most_failing(study, store, tables_of(study, store).statuses, words)


def test_the_slowest_by_a_fit_stand_first_and_only_those_of_the_study(ran, words) -> None:
    study, _ = ran
    keys = list(study.conditions)
    times = {keys[0]: (0.024, 24), keys[1]: (48.0, 24), keys[2]: (2.0, 4), keys[3]: (0.0, 0), "retired": (99.0, 1)}
    found = slowest(study, [Standing(key, done, 0, seconds=s) for key, (s, done) in times.items()], words)
    assert [(one.condition, one.figure) for one in found] == [
        (keys[1], "2 s a fit"),
        (keys[2], "500 ms a fit"),
        (keys[0], "1 ms a fit"),
    ]
    assert found[0].described == str(study.conditions[keys[1]])


def test_of_many_conditions_a_few_are_named(ran, words) -> None:
    study, _ = ran
    key = next(iter(study.conditions))
    assert len(slowest(study, [Standing(key, 1, 0, seconds=1.0)] * 9, words)) == MOST


def test_those_with_the_most_failed_fits_stand_first_with_their_method(ran, failing) -> None:
    counts = [int(one.figure.split()[3]) for one in failing]
    assert counts == sorted(counts, reverse=True)
    assert all(one.figure.startswith("fails at times: ") and one.figure.endswith(" failed of 12") for one in failing)
    assert failing[0].condition in ran[0].conditions


def test_the_replication_that_is_named_is_the_first_that_failed(ran, failing) -> None:
    _, store = ran
    for one in failing:
        words = shlex.split(one.command)
        rows = store.read_estimates(one.condition, 12, columns=["rep", "status"], method="fails at times")
        assert int(words[words.index("--rep") + 1]) == min(rows["rep"][rows["status"] == "failed"])


def test_the_command_of_a_failed_fit_replays_it_as_it_stands(failing, capsys) -> None:
    assert main(shlex.split(failing[0].command)[1:]) == 0
    assert "ValueError: <i>no</i>" in capsys.readouterr().out


def test_the_command_of_a_slow_condition_replays_it_as_it_stands(ran, words, capsys) -> None:
    study, store = ran
    timed, _ = standings(store, store.check(study))
    found = slowest(study, timed, words)
    assert len(found) == len(study.conditions)
    assert main(shlex.split(found[0].command)[1:]) == 0
    assert found[0].condition in capsys.readouterr().out


def test_where_every_fit_is_usable_none_is_named(ran, words) -> None:
    study, store = ran
    assert most_failing(study, store, {(key, "plain"): {"ok": 12} for key in study.conditions}, words) == []
