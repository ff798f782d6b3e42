"""The conditional modes of random effects, and what they leave of a response."""

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from mcsim.model import Floats

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.fit.frame import ModelData


class Effects(NamedTuple):
    """The random effects of one grouping factor."""

    labels: list[str]
    Z: Floats
    """(n, q) their predictors, rows in the order of the model's data."""
    factor: Floats
    """(q, q) Lambda of one cluster."""


def conditional_modes(
    data: "ModelData", effects: list[Effects], marginal: Floats
) -> tuple[dict[str, "pd.DataFrame"], Floats]:
    """The modes, one table a grouping factor, and the residuals.

    Solves (Lambda'Z'Z Lambda + I) u = Lambda'Z'(y - X beta) in every outermost cluster; the modes are Lambda u (Bates
    et al. 2015, J. Stat. Softw. 67(1), eq. 54 to 56).

    Parameters
    ----------
    data : ModelData
        Its levels, from the innermost to the outermost.
    effects : list of Effects
        One a level.
    marginal : array (n,)
        The response less the fixed effects.

    Returns
    -------
    tuple of dict and array (n,)
        By grouping factor one cluster a row and one effect a column; residuals in the order of `marginal`.
    """
    import numpy as np
    import pandas as pd

    modes = [
        np.zeros((len(level.starts) - 1, len(own.labels))) for level, own in zip(data.levels, effects, strict=True)
    ]
    residuals = marginal.copy()
    outer = data.levels[-1].starts
    for first, last in pairwise(outer):
        spans = [
            (place, cluster, max(start, first), stop)
            for place, level in enumerate(data.levels)
            for cluster, (start, stop) in enumerate(pairwise(level.starts))
            if first <= start < last
        ]
        columns = []
        for place, _, start, stop in spans:
            block = np.zeros((last - first, len(effects[place].labels)))
            block[start - first : stop - first] = effects[place].Z[start:stop] @ effects[place].factor
            columns.append(block)
        M = np.hstack(columns)
        u = np.linalg.solve(M.T @ M + np.eye(M.shape[1]), M.T @ marginal[first:last])
        residuals[first:last] -= M @ u
        at = 0
        for place, cluster, *_ in spans:
            q = len(effects[place].labels)
            modes[place][cluster] = effects[place].factor @ u[at : at + q]
            at += q
    tables = zip(data.levels, data.clusters, modes, effects, strict=True)
    return {
        level.group: pd.DataFrame(values, index=labels, columns=own.labels) for level, labels, values, own in tables
    }, residuals
