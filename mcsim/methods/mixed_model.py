"""A mixed model ready to be fitted: its terms as places of columns, its grouping factors as levels."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.formula import Formula
from mcsim.methods.levels import Level

if TYPE_CHECKING:
    from mcsim.kernels.columns import Columns
    from mcsim.kernels.mixed_model import After, MixedModelFits, ModelTerms

Integers = npt.NDArray[np.int64]


class Model(NamedTuple):
    """What `mcsim.kernels.mixed_model.fit_mixed_models` takes, and how it came about."""

    formula: Formula
    columns: "Columns"
    levels: tuple[Level, ...]
    """The clusters of each grouping factor, from the innermost to the outermost."""
    terms: "ModelTerms"

    def fit(self, *, reml: bool, after: "Sequence[After]" = ()) -> "MixedModelFits":
        """Fit it to every replication."""
        from mcsim.kernels.mixed_model import fit_mixed_models

        return fit_mixed_models(self.columns, stacked_starts(self.levels), self.terms, reml, after=after)

    def without_fixed(self, effect: int) -> "Model":
        """The model without one of its fixed effects."""
        return self._replace(terms=self.terms._replace(fixed=np.delete(self.terms.fixed, effect, axis=0)))

    def without_random(self, effect: int) -> "Model":
        """The model without one of its random effects, and without a grouping factor that has none left."""
        old = self.terms
        random, blocks, levels = (np.delete(part, effect, axis=0) for part in (old.random, old.blocks, old.levels))
        kept = np.unique(levels)
        places = [int(level) for level in kept] if len(kept) else [0]
        terms = old._replace(random=random, blocks=blocks, levels=np.searchsorted(kept, levels))
        return self._replace(terms=terms, levels=tuple(self.levels[place] for place in places))


def model_of(formula: Formula, columns: "Columns", places: Mapping[str, int], levels: tuple[Level, ...]) -> Model:
    """Put a model together.

    Parameters
    ----------
    formula : Formula
        With random effects.
    columns : Columns
        Rows in the order of the levels.
    places : mapping of str to int
        The place of each column.
    levels : tuple of Level
        From the innermost to the outermost.
    """
    from mcsim.kernels.columns import term_places
    from mcsim.kernels.mixed_model import ModelTerms

    inside_out = [level.group for level in levels]
    effects = [
        (term.names, block, inside_out.index(bar.group))
        for block, (bar, terms) in enumerate((bar, terms) for bar in formula.random for terms in bar.blocks)
        for term in terms
    ]
    terms = ModelTerms(
        places[formula.response],
        term_places([term.names for term in formula.fixed], places),
        term_places([names for names, _, _ in effects], places),
        np.array([block for _, block, _ in effects], dtype=np.int64),
        np.array([level for _, _, level in effects], dtype=np.int64),
    )
    return Model(formula, columns, levels, terms)


def stacked_starts(levels: Sequence[Level]) -> Integers:
    """Where the clusters of each level start, (levels, J + 1), or (R, levels, J + 1) where replications differ.

    The number of rows fills the places that are left.
    """
    innermost = levels[0].starts
    starts = np.stack([np.broadcast_to(innermost[..., -1:], innermost.shape)] * len(levels), axis=-2)
    for place, level in enumerate(levels):
        starts[..., place, : level.starts.shape[-1]] = level.starts
    return starts


def incomplete_rows(model: Model) -> npt.NDArray[np.bool_]:
    """The rows with a missing value in a column that the model uses, (R, n); none beyond a replication's last row."""
    own, shared = model.columns
    terms = np.concatenate([model.terms.fixed.ravel(), model.terms.random.ravel()])
    rows = np.zeros((own.shape[0], own.shape[2]), dtype=bool)
    for place in {*terms.tolist(), model.terms.response}:
        if -len(shared) <= place < own.shape[1]:  # else an unused place of a term
            rows |= np.isnan(own[:, place] if place >= 0 else shared[-place - 1])
    return rows & (np.arange(own.shape[2]) < model.levels[0].starts[..., -1:])


def with_these_rows(model: Model) -> Model:
    """The model with the response missing wherever a column is: smaller models then have the same rows."""
    from mcsim.kernels.columns import Columns

    (own, shared), at, lacking = model.columns, model.terms.response, incomplete_rows(model)
    if not lacking.any():
        return model
    response = np.where(lacking, np.nan, own[:, at] if at >= 0 else shared[-at - 1])
    columns = Columns(np.concatenate([own, response[:, None]], axis=1), shared)
    return model._replace(columns=columns, terms=model.terms._replace(response=own.shape[1]))
