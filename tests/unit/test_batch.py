"""Scripts for Slurm: what they ask for, and that no value can break out of its place."""

import shlex
import subprocess

import pytest

from mcsim.batch import Resources, array_script, collect_script
from mcsim.durations import parse_duration
from mcsim.errors import ParameterError

COMMAND = ("/opt/python", "-m", "mcsim.cli", "run", "/data/mine.py")
CONTROLS = ["a\nb", "a\x00b", "a\rb", "a\x1bb", "a\x85b", "a\udcffb"]


def array(name="mine", logs="/data/logs", command=COMMAND, *, tasks=3, **resources):
    return array_script(name, logs, command, Resources(**{"time": 3600.0, **resources}), tasks=tasks)


def options(script):
    lines = script.splitlines()
    assert lines[0] == "#!/bin/bash"
    return dict(line.removeprefix("#SBATCH --").partition("=")[::2] for line in lines if line.startswith("#SBATCH"))


def test_an_array_asks_for_what_was_said_and_no_more():
    assert options(array(cpus=4, memory="8G", partition="long", account="lab+1", time=4 * 3600)) == {
        "job-name": "mine",
        "array": "1-3",
        "signal": "B:TERM@60",
        "time": "0-04:00:00",
        "nodes": "1",
        "ntasks": "1",
        "cpus-per-task": "4",
        "mem": "8G",
        "partition": "long",
        "account": "lab+1",
        "requeue": "",
        "open-mode": "append",
        "output": '"/data/logs/%A_%a.log"',
    }
    assert {"mem", "partition", "account"}.isdisjoint(options(array()))


def test_the_job_that_collects_is_one_of_one_processor():
    asked = options(collect_script("mine-collect", "/data/logs", COMMAND, Resources(time=600, cpus=8, memory="2G")))
    assert (asked["cpus-per-task"], asked["mem"], asked["output"]) == ("1", "2G", '"/data/logs/collect_%j.log"')
    assert {"array", "signal"}.isdisjoint(asked)


def test_the_command_is_the_last_line_and_takes_the_place_of_the_shell():
    lines = array(setup=("module load python", "x=1\ny=2")).splitlines()
    assert lines[-4:-1] == ["module load python", "x=1", "y=2"]
    assert lines[-1] == "exec /opt/python -m mcsim.cli run /data/mine.py"


@pytest.mark.parametrize(
    "word", ["a b", "a'b", 'a"b', "$HOME", "$(reboot)", "`reboot`", "a;b", "a|b", "*", "é", "\\", "-x", ""]
)
def test_a_word_of_the_command_reaches_it_as_it_is(word):
    script = array(command=("printf", "%s|", word))
    assert shlex.split(script.splitlines()[-1])[1:] == ["printf", "%s|", word]
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout == f"{word}|"


@pytest.mark.parametrize("name", ["a b", "été", "a;b", "#x", "a'b"])
def test_a_job_has_a_name_that_slurm_takes(name):
    assert set(options(array(name))["job-name"]) <= set("abcdefghijklmnopqrstuvwxyz_")


def test_no_line_of_setup_is_taken_for_an_option():
    lines = array(setup=("#SBATCH --uid=0",)).splitlines()
    first = next(place for place, line in enumerate(lines) if line and not line.startswith("#"))
    assert first < lines.index("#SBATCH --uid=0")


@pytest.mark.parametrize("text", [*CONTROLS, 'a"b', "a'b", "a\\b", "a%b"])
def test_a_folder_for_logs_that_an_option_cannot_hold_is_refused(text):
    with pytest.raises(ParameterError, match=r"--results: given .*; allowed: a folder without quotes, backslashes, %"):
        array(logs=f"/data/{text}/logs")


@pytest.mark.parametrize("text", CONTROLS)
def test_control_characters_are_refused_in_commands(text):
    with pytest.raises(ParameterError, match="allowed: paths without control characters"):
        array(command=("run", text))


@pytest.mark.parametrize("text", [*CONTROLS[1:], "module load x\\"])
def test_setup_is_lines_of_shell(text):
    with pytest.raises(ParameterError, match=r"--setup: given .*; allowed: whole lines of shell"):
        array(setup=(text,))


BAD_WORDS = ["", " ", "a b", "a;b", "$(x)", "a'b", "-x", "a\nb", "#a", "%a", "é", "a\x00"]


@pytest.mark.parametrize("option", ["partition", "account"])
@pytest.mark.parametrize("word", BAD_WORDS)
def test_names_are_plain_words(option, word):
    with pytest.raises(ParameterError, match=f"--{option}: given .*; allowed: letters, digits and"):
        Resources(time=600, **{option: word})


@pytest.mark.parametrize("memory", ["", "8", "0G", "-1G", "8 G", "8GB", "1.5G", "8G\n", "lots"])
def test_memory_is_a_number_with_a_unit(memory):
    with pytest.raises(ParameterError, match=r"--mem: given .*; allowed: a whole number with K, M, G or T"):
        Resources(time=600, memory=memory)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"time": 59.0}, "--time: given 59 s; allowed: a minute or more"),
        ({"cpus": 0}, "--cpus: given 0; allowed: a whole number from 1"),
        ({"stop_before": 600.0}, "--stop-before: given 600 s; allowed: less than --time, 600 s"),
    ],
)
def test_impossible_resources_are_refused(values, said):
    with pytest.raises(ParameterError) as caught:
        Resources(**{"time": 600.0, **values})
    assert said in str(caught.value)


def test_every_fault_is_said_at_once():
    with pytest.raises(ParameterError, match="submit has 3 faults"):
        Resources(time=1, cpus=0, partition="a b")


@pytest.mark.parametrize("tasks", [0, -1, 1_000_001])
def test_an_array_has_tasks(tasks):
    with pytest.raises(ParameterError, match=f"--array: given {tasks}; allowed: a whole number from 1 to 1,000,000"):
        array(tasks=tasks)


@pytest.mark.parametrize(
    ("time", "stop_before", "margin", "signal"),
    [("4h", None, 300, 60), ("30m", None, 180, 60), ("1m", None, 6, 3), ("4h", "20m", 1200, 60), ("10m", "1s", 1, 1)],
)
def test_a_task_stops_by_itself_before_slurm_asks_it_to_and_long_before_it_is_killed(time, stop_before, margin, signal):
    before = None if stop_before is None else parse_duration(stop_before)
    resources = Resources(time=parse_duration(time), stop_before=before)
    assert (resources.margin, resources.signal) == (margin, signal)
