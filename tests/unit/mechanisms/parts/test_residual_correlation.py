"""Residual correlations: what the kernel does with draws is the Cholesky factor of the stated matrix."""

import itertools

import numpy as np
import pytest
from scipy.linalg import toeplitz

from mcsim.errors import ParameterError
from mcsim.kernels.residuals import correlate
from mcsim.mechanisms import AR1, CompoundSymmetric, Independent, Toeplitz, TwoLevel

TIMES = (0.0, 0.5, 2.0, 2.25, 6.0)


def matrix(structure, size, times=()):
    """The stated correlations of a cluster."""
    lags = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    if isinstance(structure, AR1):
        return structure.rho ** (np.abs(np.subtract.outer(times, times)) if times else lags)
    if isinstance(structure, CompoundSymmetric):
        return np.where(lags == 0, 1.0, structure.rho)
    entries = [1.0, *getattr(structure, "entries", ())]
    return toeplitz(np.resize([*entries, *[0.0] * size], size))


def factors(structure, sizes, times=()):
    """What multiplies the draws of each cluster, found by sending in one draw of 1 at a time."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    serial, columns = structure.serial(max(sizes), times), np.eye(starts[-1])
    for e in columns:
        correlate(serial, starts[None], e)
    whole = columns.T
    blocks = [whole[a:b, a:b] for a, b in itertools.pairwise(starts)]
    assert np.count_nonzero(whole) == sum(np.count_nonzero(block) for block in blocks)
    return blocks


STRUCTURES = [
    Independent(),
    *(AR1(rho=rho) for rho in (0.6, -0.4, 0.0, 0.999)),
    *(CompoundSymmetric(rho=rho) for rho in (0.3, 0.99, 0.0, -0.14)),
    Toeplitz(0.4),
    Toeplitz(0.5, 0.3, 0.1),
    Toeplitz(-0.3, 0.0, 0.2),
    Toeplitz(0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1),
]


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_draws_are_mixed_by_the_cholesky_factor_in_clusters_of_every_size(structure):
    sizes = [3, 1, 8, 2, 5]
    for size, found in zip(sizes, factors(structure, sizes), strict=True):
        np.testing.assert_allclose(found, np.linalg.cholesky(matrix(structure, size)), atol=1e-13)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.99])
def test_an_autoregression_goes_by_times(rho):
    for found, size in zip(factors(AR1(rho=rho), [5, 3], TIMES), (5, 3), strict=True):
        stated = matrix(AR1(rho=rho), size, TIMES[:size])
        np.testing.assert_allclose(found @ found.T, stated, atol=1e-13)
        np.testing.assert_allclose(found, np.linalg.cholesky(stated), atol=1e-13)


@pytest.mark.parametrize("structure", [AR1(rho=-0.9), Toeplitz(0.6, 0.2), CompoundSymmetric(rho=0.5)], ids=str)
def test_long_clusters_have_the_stated_correlations(structure):
    [found] = factors(structure, [400])
    np.testing.assert_allclose(found @ found.T, matrix(structure, 400), atol=1e-12)


def test_a_toeplitz_factor_is_stored_until_it_settles():
    assert len(Toeplitz(0.4, 0.1).serial(5000, ())) < 100
    assert len(Toeplitz(0.4, 0.1).serial(3, ())) == 3
    assert Toeplitz(0.4, 0.1).serial(1, ()).tolist() == [[1, 0, 0]]


@pytest.mark.parametrize("longest", [2, 5, 30])
def test_compound_symmetry_reaches_down_to_its_limit_and_no_further(longest):
    least = -1 / (longest - 1)
    assert CompoundSymmetric(rho=least * (1 - 1e-9)).misfit(longest, ()) == ""
    if longest > 2:
        fault = CompoundSymmetric(rho=least).misfit(longest, ())
        assert fault.endswith(f"given for clusters of up to {longest} rows; allowed: a rho above {least:.4g}")
    assert CompoundSymmetric(rho=-0.9).misfit(1, ()) == ""


@pytest.mark.parametrize("entries", [(0.9, 0.1), (-0.8,), (0.0, 0.9), (0.51,)])
def test_a_toeplitz_matrix_that_is_not_positive_definite_is_refused(entries):
    structure, longest = Toeplitz(*entries), 40
    smallest = np.linalg.eigvalsh(matrix(structure, longest))[0]
    assert smallest < 0
    assert structure.misfit(longest, ()) == (
        f"{structure}: given for clusters of up to 40 rows, a correlation matrix that is not positive definite "
        f"(smallest eigenvalue {smallest:.4g}); allowed: correlations that fall off more evenly"
    )
    assert structure.misfit(1, ()) == ""


def test_what_fits_short_clusters_may_not_fit_long_ones():
    assert Toeplitz(0.6).misfit(3, ()) == ""
    assert Toeplitz(0.6).misfit(9, ())


def test_a_negative_autoregression_needs_whole_distances():
    assert AR1(rho=-0.5).misfit(5, ()) == AR1(rho=-0.5).misfit(5, (0, 2, 3)) == AR1(rho=0.5).misfit(5, TIMES) == ""
    assert AR1(rho=-0.5).misfit(5, TIMES) == (
        "AR1(rho=-0.5): given for the times 0, 0.5, 2, 2.25, 6; allowed: a rho of 0 or more, or times that are whole "
        "numbers apart"
    )


def test_a_condition_refuses_a_structure_that_does_not_fit_its_clusters():
    with pytest.raises(ParameterError) as caught:
        TwoLevel(n_clusters=5, cluster_size=3, residual_correlation=CompoundSymmetric(rho=-0.5))
    assert str(caught.value) == (
        "TwoLevel: residual_correlation: CompoundSymmetric(rho=-0.5): given for clusters of up to 3 rows; "
        "allowed: a rho "
        "above -0.5"
    )
    with pytest.raises(ParameterError, match=r"AR1: rho: given 1; allowed: a finite number, above -1, below 1"):
        AR1(rho=1)
    with pytest.raises(ParameterError, match=r"Toeplitz: entries: given \(\); allowed: a tuple of 1 or more, each a "):
        Toeplitz()


def test_the_meaning_of_structures():
    assert [structure.meaning() for structure in (Independent(), AR1(rho=0.5), Toeplitz(0.4, 0.1))] == [
        "residuals are independent",
        "the correlation of residuals is 0.5 to the power of their distance in time",
        "residuals 1, 2, ... rows apart correlate by 0.4, 0.1, those further apart not at all",
    ]
    assert CompoundSymmetric(rho=0.5).meaning() == "any two residuals of a cluster correlate by 0.5"
