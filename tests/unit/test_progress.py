"""How far a run is, for a person and for a log."""

from fakes import study_of

import mcsim


def test_progress_is_told_the_total_and_every_block(tmp_path):
    from contextlib import contextmanager

    heard = []

    @contextmanager
    def progress(total):
        heard.append(total)
        yield heard.append

    mcsim.run(study_of(replications=250), results=tmp_path, progress=progress)
    assert heard == [500, 100, 100, 50, 100, 100, 50]


def test_where_nobody_watches_a_line_appears_every_half_minute():
    import io

    from mcsim.progress import lines

    out, now = io.StringIO(), [0.0]
    with lines(10_000, stream=out, clock=lambda: now[0]) as advance:
        for _ in range(9):
            now[0] += 10.0
            advance(1000)
    assert out.getvalue().splitlines() == [
        "3,000 of 10,000 replications, 100 a second, 70 s left",
        "6,000 of 10,000 replications, 100 a second, 40 s left",
        "9,000 of 10,000 replications, 100 a second, 10 s left",
    ]


def test_a_terminal_gets_a_bar_with_the_rate(capsys):
    from mcsim.progress import bar

    with bar(1000) as advance:
        advance(1000)
    shown = capsys.readouterr().err
    assert "100%" in shown
    assert "replications/s" in shown
