"""Tables of a study by hand, for tests of charts."""

import math

import numpy as np
import pandas as pd
import vl_convert

from mcsim.measures import Z95
from mcsim.performance import EstimateColumns
from mcsim.report.charts.tables import Tables

NAN = math.nan


def figure(condition, method, measure, value, **others):
    """A row of the performance table: of the estimand x, with an MCSE of .01 and its interval unless others say so."""
    row = {"condition": condition, "method": method, "estimand": "x", "measure": measure, "value": value}
    row |= {"mcse": 0.01, "n_used": 1000, "n_missing": 0} | others
    half = Z95 * row["mcse"]
    return {"lower": value - half, "upper": value + half} | row


def reported(estimate, std_error=0.1, *, half=1.96, status=None):
    """What a method reported, with intervals estimate +- half x std_error; a status of `Status` for each."""
    estimate = np.asarray(estimate, dtype=float)
    error = np.broadcast_to(np.asarray(std_error, dtype=float), estimate.shape).copy()
    return EstimateColumns(
        rep=np.arange(estimate.size),
        estimate=estimate,
        std_error=error,
        lower=estimate - half * error,
        upper=estimate + half * error,
        p_value=np.full(estimate.shape, NAN),
        status=np.zeros(estimate.shape, dtype=np.int8) if status is None else np.asarray(status, dtype=np.int8),
    )


def tables(figures=(), factors=None, *, levels=None, truths=None, statuses=None, replications=1000, estimates=None):
    """Tables of a study.

    By default: methods are those of the figures, at .95; the truth of x, and of every estimand of the figures, is 1;
    all fits are ok; estimates, a mapping from (condition, method) to what was reported of x, are none.
    """
    frame = pd.DataFrame(list(figures) or [figure("none", "none", "bias", 0.0)])
    frame = frame if len(figures) else frame.iloc[:0]
    methods = levels or dict.fromkeys(frame["method"], 0.95)
    ok = {(key, label): {"ok": replications} for key in factors for label in methods}
    given = estimates or {}
    return Tables(
        figures=frame,
        factors=factors,
        truths=truths or dict.fromkeys(factors, dict.fromkeys(["x", *frame["estimand"]], 1.0)),
        levels=methods,
        statuses=ok if statuses is None else statuses,
        replications=replications,
        estimates=lambda condition, method, estimand: given.get((condition, method)) if estimand == "x" else None,
    )


def measured(factors, methods=("A", "B"), *, measure="coverage", value=0.95, **more):
    """A figure for every condition and method."""
    return [figure(key, label, measure, value, **more) for key in factors for label in methods]


def svg(chart):
    """A chart as SVG: its specification is valid, and the renderer understands it."""
    return vl_convert.vegalite_to_svg(chart.to_json(validate=True))
