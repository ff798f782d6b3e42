"""Methods that do everything a method should not; the numbers are those of the list of faults in docs/faults.md."""

import time

import pandas as pd
import pytest
from commands import command, rows
from study_texts import NORMAL

STUDY = (
    '"""A mean, and something else in some replications."""\n'
    "import os, random, sys, time, warnings\nimport numpy as np\n"
    + NORMAL
    + '''
@dataclass(frozen=True, kw_only=True)
class Average(Method):
    """The mean of y; what happens first stands in BAD."""

    def estimands(self, condition):
        return ("mean",)

    def fit(self, dataset, rng):
        y = dataset.columns["y"]
        bad = self.bad(y)
        if bad is not None:
            return bad
        return Estimates.of({"mean": {"estimate": y.mean()}})

    def bad(self, y):
        pass

@dataclass(frozen=True, kw_only=True)
class Bad(Average):
    def bad(self, y):
        if np.isin(round(float(y[0]), 6), GUILTY):
            pass
            BAD

GUILTY = [GUILT]
methods = {"good": Average(), "bad": Bad(), "after": Average()}
study = Study(conditions=grid(Normal, mean=[0]), methods=methods, replications=8, seed=1)
'''
)
GUILTY = (2, 5)
"""The replications in which the method misbehaves, known by the first value of y."""


def study(folder, bad, *, guilty=GUILTY, replications=8):
    """Write the study; what is bad happens in the guilty replications."""
    import mcsim

    (folder / "mine.py").write_text(STUDY.replace("BAD\n", "pass\n").replace("GUILT]", "]"))
    from mcsim.streams import DATA, Streams

    plan = mcsim.load_study(folder / "mine.py")
    [key] = plan.conditions
    first = [round(float(rng.standard_normal(5)[0]), 6) for rng in Streams(1, key, DATA, 0, replications)]
    text = STUDY.replace("            BAD\n", "".join(f"            {line}\n" for line in bad.splitlines()))
    text = text.replace("GUILT]", ", ".join(str(first[rep]) for rep in guilty) + "]")
    (folder / "mine.py").write_text(text)


def run(folder, *words, **options):
    code, _, said = command("run", "mine.py", "--jobs", "1", *words, folder=folder, **options)
    assert "Traceback" not in said
    return code, said


def only_the_guilty_failed(folder, note, guilty=GUILTY):
    """Exactly the guilty replications of the bad method are failed, with the note; everything else is as it should."""
    frame = rows(folder)
    failed = frame[frame["status"] == "failed"]
    assert sorted(failed["rep"]) == list(guilty)
    assert set(failed["method"]) <= {"bad"}
    assert failed["note"].str.contains(note).all(), failed["note"].tolist()
    well = frame[frame["status"] == "ok"].pivot_table(index="rep", columns="method", values="estimate")
    assert len(well) == 8
    pd.testing.assert_series_equal(well["after"], well["good"], check_names=False, check_exact=True)
    same = well.dropna()
    assert len(same) == 8 - len(guilty)
    pd.testing.assert_series_equal(same["bad"], same["good"], check_names=False, check_exact=True)


@pytest.mark.parametrize(
    ("number", "bad", "note"),
    [
        (12, "raise ValueError('no')", "ValueError: no"),
        (
            13,
            "class Own(Exception):\n    def __reduce__(self):\n        raise TypeError('never')\nraise Own('x')",
            "Own: x",
        ),
        (15, "os.kill(os.getpid(), 11)", "killed its worker: SIGSEGV"),
        (15, "os._exit(0)", "killed its worker"),
        (15, "import ctypes; ctypes.string_at(0)", "killed its worker: SIGSEGV"),
        (16, "sys.exit(0)", "SystemExit: 0"),
        (16, "raise KeyboardInterrupt", "KeyboardInterrupt"),
        (18, "return 3", "bad: TypeError: returned int, not Estimates"),
        (18, "return Estimates.of({'median': {'estimate': 1.0}})", "unknown: median; missing: mean"),
        (18, "return Estimates.of({'mean': {'estimate': 'x'}})", "could not convert"),
    ],
)
def test_a_method_that_fails_costs_its_replication_and_no_other(number, bad, note, tmp_path):
    study(tmp_path, bad)
    assert run(tmp_path)[0] == 0
    only_the_guilty_failed(tmp_path, note)


@pytest.mark.parametrize(
    "bad",
    [
        "while True: pass",
        "time.sleep(60)",
        "while True:\n    try:\n        time.sleep(60)\n    except Exception:\n        pass",
        "while True:\n    try:\n        time.sleep(60)\n    except:\n        pass",
        "import numpy.linalg; np.linalg.svd(np.random.default_rng(1).random((4000, 4000)))",
    ],
)
def test_14_a_method_that_hangs_is_failed_when_its_time_is_up(bad, tmp_path):
    study(tmp_path, bad, guilty=(5,))
    began = time.monotonic()
    assert run(tmp_path, "--fit-timeout", "0.4")[0] == 0
    assert time.monotonic() - began < 40
    only_the_guilty_failed(tmp_path, "timeout: not done after 0.4 s", guilty=(5,))


def test_11_a_method_out_of_memory_is_failed(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, -1))\n"
    study(tmp_path, "np.ones(2**40)")
    path = tmp_path / "mine.py"
    path.write_text(path.read_text().replace("import os,", limit + "import os,"))
    assert run(tmp_path)[0] == 0
    only_the_guilty_failed(tmp_path, "MemoryError")


def test_17_odd_numbers_are_kept_and_flagged(tmp_path):
    odd = "return Estimates.of({'mean': {'estimate': np.inf, 'std_error': -1.0}})"
    study(tmp_path, odd)
    assert run(tmp_path)[0] == 0
    frame = rows(tmp_path).query("method == 'bad' and rep in @GUILTY")
    assert set(frame["status"]) == {"ok"}
    assert set(frame["note"]) == {"an infinite value; a standard error that is not positive"}


@pytest.mark.parametrize(
    "bad",
    [
        "y.flags.writeable = True; y[:] = 0.0",
        "np.random.seed(1); random.seed(1); np.random.random()",
        "os.chdir('/'); os.environ['OMP_NUM_THREADS'] = '4'; os.environ['HOME'] = '/'",
        "warnings.simplefilter('error'); np.seterr(all='raise')",
        "sys.stdout = None; sys.stderr = None",
        "from threadpoolctl import threadpool_limits; threadpool_limits(2)",
    ],
)
def test_19_what_a_method_changes_no_other_method_sees(bad, tmp_path):
    seen = (
        "    def bad(self, y):\n"
        "        drawn = random.getstate()[1][:3], np.random.get_state()[1][:3].tolist()\n"
        "        state = (drawn, os.getcwd(), dict(os.environ), warnings.filters[:1], np.geterr(), float(y[0]),\n"
        "                 sys.stdout is None)\n"
        "        with open(os.environ['SEEN'], 'a') as file:\n"
        "            file.write(repr(state) + chr(10))\n"
    )
    study(tmp_path, bad)
    path = tmp_path / "mine.py"
    text = path.read_text()
    spy = text.replace("    def bad(self, y):\n        pass\n", seen, 1)
    assert spy != text
    path.write_text(spy)
    assert run(tmp_path, SEEN=str(tmp_path / "seen"))[0] == 0
    lines = (tmp_path / "seen").read_text().splitlines()
    assert len(lines) == 16
    assert len(set(lines[:8])) == 8  # the data differ
    assert lines[:8] == lines[8:]  # before and after the bad method: the same
    frame = rows(tmp_path)
    estimates = frame[frame["method"] != "bad"].pivot_table(index="rep", columns="method", values="estimate")
    pd.testing.assert_series_equal(estimates["good"], estimates["after"], check_names=False, check_exact=True)


def test_20_a_method_that_leaks_memory_completes(tmp_path):
    study(tmp_path, "leaked.append(np.ones(5 * 2**17))", guilty=tuple(range(8)))
    path = tmp_path / "mine.py"
    text = (
        path.read_text()
        .replace("GUILTY = [", "leaked = []\nGUILTY = [")
        .replace("np.isin(round(float(y[0]), 6), GUILTY)", "True")
    )
    path.write_text(text.replace("replications=8", "replications=400"))
    assert run(tmp_path) == (0, "")
    assert len(rows(tmp_path)) == 1200


def test_21_a_method_that_prints_and_warns_without_end_is_counted_and_cut_short(tmp_path):
    noisy = (
        "for _ in range(100_000):\n    warnings.warn('beware')\n"
        "for _ in range(100):\n    print('x' * 100_000)\n    print('y', file=sys.stderr)"
    )
    study(tmp_path, noisy)
    code, said = run(tmp_path)
    assert code == 0
    assert len(said) < 2000
    notes = rows(tmp_path).query("method == 'bad' and rep in @GUILTY")["note"].unique()
    assert len(notes) == 1
    assert notes[0].startswith("100,000 warnings: UserWarning: beware; printed 10,000,300 characters: xxx")
    assert len(notes[0]) < 400
    assert rows(tmp_path).query("method == 'after'")["note"].isna().all()


def test_22_a_method_that_opens_workers_or_threads_of_its_own_changes_no_bit(tmp_path):
    parallel = (
        "from joblib import Parallel, delayed\n"
        "Parallel(n_jobs=2, backend='threading')(delayed(np.linalg.svd)(np.ones((50, 50))) for _ in range(2))\n"
        "np.ones((400, 400)) @ np.ones((400, 400))"
    )
    study(tmp_path, parallel)
    assert run(tmp_path)[0] == 0
    only_the_guilty_failed(tmp_path, "", guilty=())
