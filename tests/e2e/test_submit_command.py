"""mcsim submit with a stand-in for sbatch: what is written and submitted, and what becomes of refusals."""

import re
import subprocess
import sys

import pytest
from study_texts import average_study

from mcsim.cli.main import main

STUDY = average_study(
    'conditions=grid(Normal, mean=[0, 1, 2]), methods={"mean": Average()}, replications=220, seed=1',
    aims="How well does a mean do?",
)
SBATCH = """#!/bin/sh
calls=${0%/bin/sbatch}/calls
echo "$*" >> "$calls"
n=$(wc -l < "$calls")
"""
GIVES_IDS = "echo $((100 + n))"


@pytest.fixture(autouse=True)
def here(standing, monkeypatch):
    """Each test stands in a folder with the study, its own sbatch first on the path."""
    (standing / "bin").mkdir()
    folder = standing / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", str(standing / "bin"))  # of this process alone, which looks for sbatch and bash
    (standing / "bin" / "bash").symlink_to("/bin/bash")
    (folder / "mine.py").write_text(STUDY)
    stand_in(folder, GIVES_IDS)
    return folder


def stand_in(folder, does):
    file = folder.parent / "bin" / "sbatch"
    file.write_text(SBATCH + does + "\n")
    file.chmod(0o755)


def calls(folder):
    file = folder.parent / "calls"
    return file.read_text().splitlines() if file.exists() else []


def submit(*words, array="4"):
    return main(["submit", "mine.py", "--array", array, "--time", "1h", *words])


def contents(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if "__pycache__" not in path.parts)


def test_an_array_is_submitted_and_a_job_that_collects_whatever_becomes_of_it(here, capsys):
    assert submit("--cpus", "2") == 0
    out = capsys.readouterr().out
    assert out.startswith("mine: 660 fits in 9 blocks are missing: 4 tasks as job 101; job 102 collects\n")
    assert "scripts in results/mine/submitted, logs in results/mine/logs" in out
    scripts = here / "results" / "mine" / "submitted" / "001"
    assert calls(here) == [
        f"--parsable {scripts}/run.sbatch",
        f"--parsable --dependency=afterany:101 {scripts}/collect.sbatch",
    ]
    last = (scripts / "run.sbatch").read_text().splitlines()[-1]
    assert last == (
        f"exec {sys.executable} -m mcsim.cli run {here}/mine.py --results {here}/results --shard auto --jobs 2 "
        "--stop-after 3300"
    )
    assert (scripts / "collect.sbatch").read_text().splitlines()[-1] == (
        f"exec {sys.executable} -m mcsim.cli collect {here}/mine.py --results {here}/results"
    )
    assert (here / "results" / "mine" / "logs").is_dir()


def test_submitting_again_submits_what_is_missing_and_overwrites_nothing(here, capsys):
    main(["run", "mine.py", "--jobs", "1", "--shard", "1/4"])
    assert submit(array="50") == 0
    assert submit() == 0
    out = capsys.readouterr().out
    assert "fits in 6 blocks are missing: 6 tasks as job 101" in out
    assert "fits in 6 blocks are missing: 4 tasks as job 103" in out
    submitted = here / "results" / "mine" / "submitted"
    assert contents(submitted) == [
        "001", "001/collect.sbatch", "001/run.sbatch", "002", "002/collect.sbatch", "002/run.sbatch"
    ]  # fmt: skip
    assert "--array=1-6" in (submitted / "001" / "run.sbatch").read_text()


def test_with_nothing_missing_nothing_is_submitted(here, capsys):
    main(["run", "mine.py", "--jobs", "1"])
    before = contents(here)
    assert submit() == 0
    assert capsys.readouterr().out.endswith("Nothing to submit: mine has all 220 replications of every condition.\n")
    assert (calls(here), contents(here)) == ([], before)


def test_a_dry_run_prints_both_scripts_and_does_nothing(here, capsys):
    (here.parent / "bin" / "sbatch").unlink()
    before = contents(here)
    assert submit("--dry-run", "--setup", "module load python", "--setup", "ulimit -c 0", array="50") == 0
    out = capsys.readouterr().out
    assert out.count("#!/bin/bash") == 2
    assert "#SBATCH --array=1-9\n" in out
    assert re.search(r"\nmodule load python\nulimit -c 0\nexec \S+ -m mcsim.cli run ", out)
    assert contents(here) == before


def test_a_script_is_one_that_bash_can_read(here, monkeypatch):
    odd = here / "odd $(touch x) 'a\" é;"
    odd.mkdir()
    (odd / "mine.py").write_text(STUDY)
    assert main(["submit", str(odd / "mine.py"), "--array", "2", "--time", "10m"]) == 0
    script = (here / "results" / "mine" / "submitted" / "001" / "run.sbatch").read_text()
    said = subprocess.run(
        ["bash", "-s"], input=script.replace("exec ", "printf '%s\\n' "), capture_output=True, text=True, check=True
    )
    assert str(odd / "mine.py") in said.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--partition", "a;b"], "--partition: given 'a;b'; allowed: letters, digits"),
        (["--account", "a b"], "--account: given 'a b'; allowed"),
        (["--mem", "8"], "--mem: given '8'; allowed"),
        (["--cpus", "0"], "--cpus: given 0; allowed"),
        (["--array", "0"], "--array: given 0; allowed"),
        (["--time", "10s"], "--time: given 10 s; allowed: a minute or more"),
        (["--time", "soon"], "--time: given 'soon'; allowed: a length of time such as 4h"),
        (["--stop-before", "2h"], "--stop-before: given 7200 s; allowed: less than --time"),
        (["--setup", "echo 'a"], '--setup: given "echo \'a", of which bash says: bash: line 1: unexpected EOF'),
        (["--setup", "cat <<END"], "--setup: given 'cat <<END', of which bash says: bash: line 1: warning"),
        (["--setup", "a\\"], "--setup: given 'a\\\\'; allowed: whole lines"),
        (["--results", "a%b"], "where the logs would lie; allowed: a folder without quotes"),
        (["--results", "a\nb"], "where the logs would lie; allowed: a folder without quotes"),
        (["--results", "mine.py"], "is a file; give a folder"),
        (["--results", "/proc/none"], "cannot write to the results folder /proc/none/mine: No such file"),
    ],
)
def test_bad_input_is_one_message_and_nothing_is_written_or_submitted(words, said, here, capsys):
    assert submit(*words) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, calls(here), contents(here)) == ("", [], ["mine.py"])


def test_without_sbatch_nothing_is_written(here, capsys):
    (here.parent / "bin" / "sbatch").unlink()
    assert submit() == 2
    assert capsys.readouterr().err.startswith(
        "mcsim: there is no sbatch on this machine, so it cannot submit to Slurm;"
    )
    assert contents(here) == ["mine.py"]


def test_a_refusal_of_sbatch_is_its_message_and_leaves_nothing(here, capsys):
    stand_in(here, 'echo "sbatch: error: invalid partition specified: no" >&2; exit 1')
    assert submit("--partition", "no") == 2
    assert capsys.readouterr().err == "mcsim: sbatch refused: sbatch: error: invalid partition specified: no\n"
    assert contents(here) == ["mine.py"]


def test_a_refusal_leaves_what_was_there_before(here):
    submit()
    before = contents(here)
    stand_in(here, "exit 3")
    assert submit() == 2
    assert contents(here) == before


@pytest.mark.parametrize("answer", ["", "Submitted batch job 12", "12 13", "-1"])
def test_an_answer_that_is_no_job_id_is_an_error(answer, here, capsys):
    stand_in(here, f'echo "{answer}"')
    assert submit() == 74
    assert f"sbatch gave no job id but {answer!r}" in capsys.readouterr().err


def test_the_id_on_a_federated_cluster_is_before_the_semicolon(here, capsys):
    stand_in(here, 'echo "12;other"')
    assert submit() == 0
    assert "4 tasks as job 12; job 12 collects" in capsys.readouterr().out


def test_an_array_without_the_job_that_collects_is_said(here, capsys):
    stand_in(here, 'if [ "$n" -gt 1 ]; then echo "sbatch: error: no more jobs" >&2; exit 1; fi; echo 7')
    assert submit() == 74
    err = capsys.readouterr().err
    assert "the array is submitted as job 7, but not the job that collects: sbatch refused: sbatch: error: no" in err
    assert "mcsim collect" in err
