"""Two-level data of equal cluster sizes put together from standard normals, one replication or many.

The normals of a replication stand in the order z (one a cluster), x (one a row, rows sorted by cluster), u0 (one a
cluster), u1 (one a cluster), e (one a row); what a model lacks is left out, and so are z and x where they are held
fixed over replications.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from mcsim.kernels.normals import fill_standard_normals

Floats = npt.NDArray[np.float64]


class Recipe(NamedTuple):
    """The numbers of a two-level model; coefficients of what it lacks are 0.

    Attributes
    ----------
    n_clusters, cluster_size : int
        The number of clusters and of rows in each.
    has_x, has_z, has_slope : bool
        Whether there is a level-1 predictor, a level-2 predictor, a random slope of x.
    gammas : tuple of float
        The intercept and the coefficients of x, z and x:z.
    x_sd, z_sd, u0_sd, e_sd : float
        Standard deviations.
    slope_on_u0, slope_alone : float
        ``u1 = slope_on_u0 * n0 + slope_alone * n1``, with n0 the standard normal that u0 is made from.
    """

    n_clusters: int
    cluster_size: int
    has_x: bool
    has_z: bool
    has_slope: bool
    gammas: tuple[float, float, float, float]
    x_sd: float
    z_sd: float
    u0_sd: float
    e_sd: float
    slope_on_u0: float
    slope_alone: float


@njit(cache=True, nogil=True)
def put_predictors(recipe: Recipe, normals: Floats, predictors: Floats) -> int:
    """Write the rows of `predictors` (those of x and z that there are, n), return how many normals were used."""
    size, used = recipe.cluster_size, 0
    if recipe.has_z:
        row = 1 if recipe.has_x else 0
        for j in range(recipe.n_clusters):
            predictors[row, j * size : (j + 1) * size] = recipe.z_sd * normals[j]
        used = recipe.n_clusters
    if recipe.has_x:
        for i in range(predictors.shape[1]):
            predictors[0, i] = recipe.x_sd * normals[used + i]
        used += predictors.shape[1]
    return used


@njit(cache=True, nogil=True)
def put_outcome(recipe: Recipe, normals: Floats, predictors: Floats, outcome: Floats) -> None:
    """Write y (n,) from the normals of u0, u1 and e and the rows x and z of `predictors`."""
    clusters, size = recipe.n_clusters, recipe.cluster_size
    intercept, of_x, of_z, of_xz = recipe.gammas
    errors = normals[(2 if recipe.has_slope else 1) * clusters :]
    for j in range(clusters):
        first, last = j * size, (j + 1) * size
        level, slope = intercept + recipe.u0_sd * normals[j], of_x
        if recipe.has_z:
            z = predictors[1 if recipe.has_x else 0, first]
            level += of_z * z
            slope += of_xz * z
        if recipe.has_slope:
            slope += recipe.slope_on_u0 * normals[j] + recipe.slope_alone * normals[clusters + j]
        if recipe.has_x:
            for i in range(first, last):
                outcome[i] = level + slope * predictors[0, i] + recipe.e_sd * errors[i]
        else:
            for i in range(first, last):
                outcome[i] = level + recipe.e_sd * errors[i]


@njit(cache=True, nogil=True)
def put_dataset(recipe: Recipe, normals: Floats, shared: Floats, own: Floats) -> None:
    """Write one data set.

    Parameters
    ----------
    recipe : Recipe
        The model.
    normals : array (m,)
        The standard normals of the replication.
    shared : array (k, n)
        The rows x and z held fixed; without rows where the predictors are drawn for each replication.
    own : array (1 + predictors drawn, n)
        Overwritten with y and the predictors drawn.
    """
    if own.shape[0] > 1:
        used = put_predictors(recipe, normals, own[1:])
        put_outcome(recipe, normals[used:], own[1:], own[0])
    else:
        put_outcome(recipe, normals, shared, own[0])


@njit(cache=True, nogil=True)
def put_datasets(recipe: Recipe, stream: tuple[npt.NDArray[np.uint64], int, int], shared: Floats, own: Floats) -> None:
    """Draw and write consecutive replications.

    Parameters
    ----------
    recipe : Recipe
        The model.
    stream : tuple of array (2,) of uint64, int, int
        The Philox key, the first replication, and how many normals a replication takes.
    shared : array (k, n)
        As in `put_dataset`.
    own : array (replications, 1 + predictors drawn, n)
        Overwritten.
    """
    key, first, count = stream
    normals = np.empty(count)
    for r in range(own.shape[0]):
        fill_standard_normals(key, first + r, normals)
        put_dataset(recipe, normals, shared, own[r])
