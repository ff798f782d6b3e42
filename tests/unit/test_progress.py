"""How far a run is, for a person and for a log."""

from fakes import study_of

import mcsim
from mcsim.progress import Step


def test_progress_is_told_the_total_and_every_block(tmp_path):
    from contextlib import contextmanager

    heard = []

    @contextmanager
    def progress(total):
        heard.append(total)
        yield heard.append

    mcsim.run(study_of(replications=250), results=tmp_path, progress=progress)
    total, *steps = heard
    assert total == 500
    assert [step.replications for step in steps] == [100, 100, 50, 100, 100, 50]
    assert [step.condition for step in steps] == ["Plain()"] * 3 + ["Plain(mean=1)"] * 3


def test_where_nobody_watches_a_line_appears_every_half_minute():
    import io

    from mcsim.progress import lines

    out, now = io.StringIO(), [0.0]
    with lines(10_000, stream=out, clock=lambda: now[0]) as advance:
        for _ in range(9):
            now[0] += 10.0
            advance(Step(1000, 3, "Plain()"))
    assert out.getvalue().splitlines() == [
        "3,000 of 10,000 replications, 100 a second, 70 s left; 9 failed; at Plain()",
        "6,000 of 10,000 replications, 100 a second, 40 s left; 18 failed; at Plain()",
        "9,000 of 10,000 replications, 100 a second, 10 s left; 27 failed; at Plain()",
    ]


def test_a_terminal_gets_a_bar_with_the_rate(capsys):
    from mcsim.progress import bar

    with bar(1000) as advance:
        advance(Step(1000, 2, "Plain()"))
    shown = capsys.readouterr().err
    assert "100%" in shown
    assert "replications/s" in shown
    assert "2 failed; at Plain()" in shown
