"""Two-level data with a random intercept and, if wished, predictors on both levels and a random slope."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from mcsim.model import Dataset, DatasetBlock, Floats, Mechanism
from mcsim.parameters import absent_or, number, parameter, plain_text, whole, word
from mcsim.streams import Streams

if TYPE_CHECKING:
    from mcsim.kernels.two_level import Recipe

_ROUNDING = 1e-12  # a covariance this much beyond the largest possible one is taken as the largest
_GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class TwoLevel(Mechanism):
    """Rows in clusters of equal size: random intercept, predictors on both levels, random slope.

    y = gamma00 + gamma10 x + gamma01 z + gamma11 x z + u0 + u1 x + e, with x drawn for each row and z for each
    cluster. A factor that is None is absent from the data and from the model; 0 is present without effect. The column
    x is there if gamma10, gamma11 or slope_variance is given, z if gamma01 or gamma11 is. Without a covariance the
    random slope is independent of the intercept, and so it is in the model.

    Standard normals are drawn in the order z, x, u0, u1, e (n_clusters, rows, n_clusters, n_clusters and rows of them;
    what is absent is not drawn). u0 and u1 come from the Cholesky factor of their covariance matrix. With fixed
    predictors z and x come, in the same order, from the condition's design stream.

    Raises
    ------
    ParameterError
        If a factor is impossible, or factors are impossible together; it names every fault.
    """

    grouping_factors: ClassVar[tuple[str, ...]] = ("cluster",)
    cluster_columns: ClassVar[tuple[str, ...]] = ("z",)  # constant within a cluster: a model needs clusters for them

    n_clusters: int = parameter("number of clusters", whole(least=2))
    cluster_size: int = parameter("rows in each cluster", whole(least=1))
    tau2: float = parameter("variance of the random intercept", number(least=0), 0.0)
    slope_variance: float | None = parameter("variance of the random slope of x", absent_or(number(least=0)), None)
    covariance: float | None = parameter("covariance of random intercept and slope", absent_or(number()), None)
    sigma2: float = parameter("residual variance", number(above=0), 1.0)
    gamma00: float = parameter("fixed intercept", number(), 0.0)
    gamma10: float | None = parameter("fixed effect of the level-1 predictor x", absent_or(number()), None)
    gamma01: float | None = parameter("fixed effect of the level-2 predictor z", absent_or(number()), None)
    gamma11: float | None = parameter("fixed effect of the cross-level interaction x:z", absent_or(number()), None)
    x_sd: float = parameter("standard deviation of x", number(above=0), 1.0)
    z_sd: float = parameter("standard deviation of z", number(above=0), 1.0)
    predictors: str = parameter(
        "x and z drawn in every replication (random) or once per condition (fixed)", word("random", "fixed"), "random"
    )

    def faults(self) -> list[str]:
        """What is wrong with the factors taken together: the covariance, the size of a data set."""
        return [*self._covariance_faults(), *self._size_faults()]

    def _covariance_faults(self) -> list[str]:
        if self.covariance is None:
            return []
        given = f"covariance: given {plain_text(self.covariance)}"
        if self.slope_variance is None:
            return [f"{given} without a slope_variance; allowed: None, or give the slope_variance too"]
        largest = math.sqrt(self.tau2) * math.sqrt(self.slope_variance)
        if abs(self.covariance) <= largest * (1 + _ROUNDING):
            return []
        halves = self.tau2 / 2, self.slope_variance / 2
        smallest = sum(halves) - math.hypot(halves[0] - halves[1], self.covariance)
        fault = (
            f"{given} with tau2 {plain_text(self.tau2)} and slope_variance {plain_text(self.slope_variance)}, a "
            f"covariance matrix that is not positive semi-definite (smallest eigenvalue {smallest:.4g}); allowed: "
            f"{largest:.6g} or less either way, the square root of tau2 * slope_variance"
        )
        return [fault]

    def _size_faults(self) -> list[str]:
        needed, limit = 8 * self.rows() * len(self.columns()), _memory() // 2
        if needed <= limit:
            return []
        fault = (
            f"n_clusters, cluster_size: given {self.n_clusters} and {self.cluster_size}, data sets of "
            f"{needed / _GIB:.4g} GiB each; allowed: at most half of this machine's memory, {limit / _GIB:.4g} GiB"
        )
        return [fault]

    @property
    def _has_x(self) -> bool:
        return self.gamma10 is not None or self.gamma11 is not None or self.slope_variance is not None

    @property
    def _has_z(self) -> bool:
        return self.gamma01 is not None or self.gamma11 is not None

    def _predictor_names(self) -> tuple[str, ...]:
        return ("x",) * self._has_x + ("z",) * self._has_z

    def _fixed_effects(self) -> dict[str, float]:
        """The fixed effects in the model, by label, in the order of the formula."""
        given = {"(Intercept)": self.gamma00, "x": self.gamma10, "z": self.gamma01, "x:z": self.gamma11}
        return {label: value for label, value in given.items() if value is not None}

    def rows(self) -> int:
        """The number of rows of a data set."""
        return self.n_clusters * self.cluster_size

    def columns(self) -> tuple[str, ...]:
        """The columns of a data set: y, the predictors, cluster (from 1), id (from 1)."""
        return ("y", *self._predictor_names(), "cluster", "id")

    def formula(self) -> str:
        """The model that generated the data, in lme4's notation."""
        bars = "1" if self.slope_variance is None else "1 + x"
        bar = "||" if self.slope_variance is not None and self.covariance is None else "|"
        fixed = " + ".join(["1", *(label for label in self._fixed_effects() if label != "(Intercept)")])
        return f"y ~ {fixed} + ({bars} {bar} cluster)"

    def equation(self) -> tuple[str, ...]:
        """The generating equation, level by level, in symbols and numbers, one line each."""
        from mcsim.mechanisms.two_level_equation import equation

        return equation(self)

    def truth(self) -> dict[str, float]:
        """The fixed effects, and variances and covariance, then on the scale of SDs and correlation.

        Returns
        -------
        dict of str to float
            The correlation is NaN where a variance is 0.
        """
        variances = {"var_(Intercept)|cluster": self.tau2}
        deviations = {"sd_(Intercept)|cluster": math.sqrt(self.tau2)}
        if self.covariance is not None and self.slope_variance is not None:
            product = math.sqrt(self.tau2) * math.sqrt(self.slope_variance)
            correlation = min(1.0, max(-1.0, self.covariance / product)) if product > 0 else math.nan
            variances["cov_x.(Intercept)|cluster"] = self.covariance
            deviations["cor_x.(Intercept)|cluster"] = correlation
        if self.slope_variance is not None:
            variances["var_x|cluster"] = self.slope_variance
            deviations["sd_x|cluster"] = math.sqrt(self.slope_variance)
        variances["var_residual"] = self.sigma2
        return {**self._fixed_effects(), **variances, **deviations, "sigma": math.sqrt(self.sigma2)}

    def design(self, rng: np.random.Generator) -> dict[str, Floats] | None:
        """Draw the predictors once for all replications.

        Parameters
        ----------
        rng : numpy.random.Generator
            The condition's design stream.

        Returns
        -------
        dict of str to array (n,), or None
            The columns x and z that there are; None if predictors are random or there are none.
        """
        names = self._predictor_names()
        if self.predictors == "random" or not names:
            return None
        from mcsim.kernels.two_level import put_predictors

        held = np.empty((len(names), self.rows()))
        put_predictors(self._recipe(), rng.standard_normal(self._predictor_draws()), held)
        return dict(zip(names, held, strict=True))

    def simulate(self, rng: np.random.Generator, design: Mapping[str, Floats] | None = None) -> Dataset:
        """Draw one data set, with every component it was put together from.

        Parameters
        ----------
        rng : numpy.random.Generator
            The replication's data stream.
        design : mapping of str to array (n,), optional
            What `design` drew; given if and only if it drew something.

        Returns
        -------
        Dataset
            Its components are u0, u1 and e, (n,) each, and the fixed effects by their factors' names.

        Raises
        ------
        ValueError
            If a design is missing, or given where nothing is held fixed.
        """
        from mcsim.kernels.two_level import put_dataset

        recipe, names, held = self._recipe(), self._own_names(design), self._held_rows(design)
        normals = rng.standard_normal(self._draws(len(names)))
        own = np.empty((len(names), self.rows()))
        put_dataset(recipe, normals, held, own)
        columns = {**dict(zip(names, own, strict=True)), **self._shared_columns(design)}
        return Dataset(columns, self.formula(), self._components(recipe, normals))

    def simulate_block(self, streams: Streams, design: Mapping[str, Floats] | None = None) -> DatasetBlock:
        """Draw consecutive replications, bit for bit what `simulate` draws one by one, without the components.

        Parameters
        ----------
        streams : Streams
            The data streams of the replications.
        design : mapping of str to array (n,), optional
            As in `simulate`.

        Returns
        -------
        DatasetBlock
            cluster and id are shared, and so are the predictors if they are held fixed.

        Raises
        ------
        ValueError
            As in `simulate`.
        """
        from mcsim.kernels.two_level import put_datasets

        names = self._own_names(design)
        own = np.empty((len(streams), len(names), self.rows()))
        stream = streams.key, streams.first, self._draws(len(names))
        put_datasets(self._recipe(), stream, self._held_rows(design), own)
        return DatasetBlock(names, own, self._shared_columns(design), self.formula())

    def _own_names(self, design: Mapping[str, Floats] | None) -> tuple[str, ...]:
        """The columns that differ between replications."""
        names = self._predictor_names()
        holds = self.predictors == "fixed" and bool(names)
        if holds and design is None:
            raise ValueError("the predictors are held fixed: give the design that design(rng) draws")
        if not holds and design is not None:
            raise ValueError("nothing is held fixed under these factors: a design is not for this condition")
        return ("y",) if holds else ("y", *names)

    def _held_rows(self, design: Mapping[str, Floats] | None) -> Floats:
        if design is None:
            return np.empty((0, self.rows()))
        return np.stack([design[name] for name in self._predictor_names()])

    def _shared_columns(self, design: Mapping[str, Floats] | None) -> dict[str, npt.NDArray[Any]]:
        cluster = np.repeat(np.arange(1, self.n_clusters + 1), self.cluster_size)
        return {**(design or {}), "cluster": cluster, "id": np.arange(1, self.rows() + 1)}

    def _predictor_draws(self) -> int:
        return self._has_z * self.n_clusters + self._has_x * self.rows()

    def _draws(self, own_columns: int) -> int:
        """How many normals a replication takes."""
        effects = self.n_clusters * (1 if self.slope_variance is None else 2)
        return (self._predictor_draws() if own_columns > 1 else 0) + effects + self.rows()

    def _recipe(self) -> "Recipe":
        from mcsim.kernels.two_level import Recipe

        u0_sd = math.sqrt(self.tau2)
        on_u0 = self.covariance / u0_sd if self.covariance else 0.0
        return Recipe(
            n_clusters=self.n_clusters,
            cluster_size=self.cluster_size,
            has_x=self._has_x,
            has_z=self._has_z,
            has_slope=self.slope_variance is not None,
            gammas=(self.gamma00, self.gamma10 or 0.0, self.gamma01 or 0.0, self.gamma11 or 0.0),
            x_sd=self.x_sd,
            z_sd=self.z_sd,
            u0_sd=u0_sd,
            e_sd=math.sqrt(self.sigma2),
            slope_on_u0=on_u0,
            slope_alone=math.sqrt(max(0.0, (self.slope_variance or 0.0) - on_u0 * on_u0)),
        )

    def _components(self, recipe: "Recipe", normals: Floats) -> dict[str, Floats | float]:
        """The random effects and residuals as columns, and the fixed effects by their factors' names."""
        clusters = self.n_clusters
        effects, errors = normals[: -self.rows()], normals[-self.rows() :]
        parts: dict[str, Floats | float] = {}
        if recipe.has_slope:
            n0, n1 = effects[-2 * clusters : -clusters], effects[-clusters:]
            slopes = recipe.slope_on_u0 * n0 + recipe.slope_alone * n1
            parts["u1"] = np.repeat(slopes, self.cluster_size)
        else:
            n0 = effects[-clusters:]
        u0 = np.repeat(recipe.u0_sd * n0, self.cluster_size)
        gammas = {name: getattr(self, name) for name in ("gamma00", "gamma10", "gamma01", "gamma11")}
        present = {name: value for name, value in gammas.items() if value is not None}
        return {"u0": u0, **parts, "e": recipe.e_sd * errors, **present}


def _memory() -> int:
    """The machine's memory in bytes; 16 GiB where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 16 * _GIB
