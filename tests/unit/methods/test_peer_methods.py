"""What all methods over other packages have in common: bad data, gaps, warnings, a package that is not there."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from peers import METHODS, SLOPE, Drawn, analysed, drawn, quantity

from mcsim import Dataset, Status
from mcsim.errors import DataError, PackageError, ParameterError
from mcsim.mechanisms import TwoLevel
from mcsim.methods import Gee, LinearMixedModel, Mixedlm, StatsmodelsMixedLM
from mcsim.testing import check_mechanism, check_method

CONDITION = TwoLevel(n_clusters=8, cluster_size=6, tau2=1, slope_variance=0.5, covariance=0.2, gamma10=0.5)
EVERY = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
LINEAR = [method for method in METHODS.values() if getattr(method, "family", "gaussian") == "gaussian"]


def failure(method, frame):
    """The note of a fit that must fail on every row without a number."""
    found = analysed(method, frame, SLOPE)
    assert set(found.status[0]) == {Status.FAILED}
    assert np.isnan(found.values).all()
    assert len(found.notes) == len(found.estimands)
    (note,) = set(found.notes.values())
    return note


@EVERY
def test_good_data_are_fitted_without_a_word(method, capfd):
    found = analysed(method, drawn(method), SLOPE)
    assert set(found.status[0]) == {Status.OK}
    assert np.isfinite(quantity(found, "estimate")).all()
    assert capfd.readouterr() == ("", "")


@EVERY
def test_one_cluster_left_is_a_failed_fit(method):
    frame = drawn(method)
    frame.loc[8:, "y"] = np.nan
    assert failure(method, frame) == "fewer than two clusters; 88 of 96 rows left out: missing values"


@EVERY
def test_a_collinear_design_is_a_failed_fit(method):
    assert failure(method, drawn(method).assign(x=2.0)) == "the fixed effects are linearly dependent"


@pytest.mark.parametrize("method", LINEAR)
@pytest.mark.parametrize("value", [0.0, 3.1, 1e9])
def test_a_constant_response_is_a_failed_fit(method, value):
    assert failure(method, drawn(method).assign(y=value)) == "the fixed effects explain the response completely"


@EVERY
@pytest.mark.parametrize("column", ["x", "y"])
@pytest.mark.parametrize("value", [1e300, np.inf])
def test_a_value_that_cannot_be_squared_is_a_failed_fit(method, column, value):
    frame = drawn(method)
    frame.loc[5, column] = value
    assert failure(method, frame) == "a value is infinite, or too large to square"


@EVERY
def test_a_response_of_huge_numbers_is_a_failed_fit(method):
    frame = drawn(method)
    for y in (1e300, 1e300 * frame["y"]):
        assert failure(method, frame.assign(y=y)) == "a value is infinite, or too large to square"


@EVERY
def test_a_predictor_that_is_missing_everywhere_is_a_failed_fit(method):
    note = failure(method, drawn(method).assign(x=np.nan))
    assert note == "no row is without a missing value; 96 of 96 rows left out: missing values"


@EVERY
def test_as_many_fixed_effects_as_rows_are_a_failed_fit(method):
    assert failure(method, drawn(method).iloc[[0, 8]]) == "as many fixed effects as rows, or more"


@pytest.mark.parametrize("method", [StatsmodelsMixedLM(), Mixedlm()])
def test_as_many_random_effects_as_rows_are_a_failed_fit(method):
    frame = drawn(method).assign(cluster=np.arange(96) // 2)
    assert failure(method, frame) == "as many random effects as rows, or more"


@pytest.mark.parametrize("method", [StatsmodelsMixedLM, Mixedlm])
def test_dependent_predictors_of_random_effects_are_a_failed_fit(method):
    frame = drawn(None).assign(x=2.0)
    note = failure(method("y ~ 1 + (1 + x | cluster)"), frame)
    assert note == "the predictors of the random effects are linearly dependent"


@pytest.mark.parametrize("method", [StatsmodelsMixedLM, Mixedlm])
def test_effects_that_leave_no_residual_are_a_failed_fit(method):
    frame = drawn(None)
    note = failure(method("y ~ x + (1 | cluster)"), frame.assign(y=1 + 2 * frame["x"] + frame["cluster"] ** 2))
    # statsmodels may fail at the zero itself.
    assert note.startswith(("fixed and random effects explain the response completely", "LinAlgError"))


@EVERY
def test_rows_with_missing_values_are_left_out_and_counted(method):
    frame = drawn(method)
    frame.loc[[3, 50], "y"] = np.nan
    frame.loc[20, "x"] = np.nan
    frame.loc[70, "cluster"] = np.nan
    found = analysed(method, frame, SLOPE)
    np.testing.assert_array_equal(found.values, analysed(method, frame.dropna(), SLOPE).values)
    assert set(found.notes.values()) == {"4 of 96 rows left out: missing values"}
    assert len(found.notes) == len(found.estimands)


@EVERY
def test_clusters_may_be_words_in_any_order(method):
    frame = drawn(method)
    renamed = frame.assign(cluster=[f"c{(7 * int(c)) % 12}" for c in frame["cluster"]])
    shuffled = renamed.sample(frac=1, random_state=1)
    expected, found = analysed(method, frame, SLOPE).values, analysed(method, shuffled, SLOPE).values
    # The optimisers end where rounding lets them: within 1e-4 of each other in variances.
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@EVERY
def test_a_missing_word_as_cluster_is_a_missing_value(method):
    frame = drawn(method)
    words = frame.assign(cluster=[f"c{int(c)}" for c in frame["cluster"]]).astype({"cluster": object})
    words.loc[7, "cluster"] = None
    found = analysed(method, words, SLOPE)
    np.testing.assert_array_equal(found.values, analysed(method, frame.drop(index=7), SLOPE).values)


@EVERY
def test_no_warning_escapes_even_where_warnings_are_errors(method, capfd):
    # Two clusters: statsmodels warns of optimisers that fail and of a boundary, mixedlm of too few levels.
    frame = drawn(method, clusters=2, size=6)
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        found = analysed(method, frame, SLOPE)
    assert len(found) == 1
    assert capfd.readouterr() == ("", "")


@EVERY
def test_columns_that_are_not_there_or_hold_words_are_bad_input(method):
    frame = drawn(method)
    with pytest.raises(DataError, match="names the column x; there are y, cluster"):
        analysed(method, frame.drop(columns="x"), SLOPE)
    with pytest.raises(DataError, match="names the column cluster; there are y, x"):
        analysed(method, frame.drop(columns="cluster"), SLOPE)
    with pytest.raises(DataError, match="not numeric"):
        analysed(method, frame.assign(x="a"), SLOPE)


@pytest.mark.parametrize("method", LINEAR)
def test_each_keeps_the_contract_of_a_method(method):
    check_method(method, CONDITION, replications=3)


@pytest.mark.parametrize("family", ["binomial", "poisson"])
def test_generalized_models_keep_it_too(family):
    condition = Drawn(family=family)
    check_mechanism(condition)
    method = Mixedlm(family=family)
    assert method.estimands(condition) == ("(Intercept)", "x", "var_(Intercept)|cluster")
    check_method(method, condition, replications=3)


@pytest.mark.parametrize("method", [StatsmodelsMixedLM(), Mixedlm(), LinearMixedModel()])
def test_those_of_mixed_models_report_what_the_linear_mixed_model_reports(method):
    assert method.estimands(CONDITION) == LinearMixedModel().estimands(CONDITION)


@EVERY
def test_a_package_that_is_not_installed_is_named_with_the_command_that_brings_it(method, monkeypatch):
    monkeypatch.setitem(sys.modules, method.package, None)
    said = f"the package {method.package} is not installed; this brings it: pip install 'mcsim[{method.package}]'"
    assert method.misfits(CONDITION) == [said]
    with pytest.raises(PackageError) as raised:
        analysed(method, drawn(method), SLOPE)
    assert str(raised.value) == said


def test_columns_that_are_missing_or_group_nothing_are_known_before_anything_runs():
    for method in (Gee, StatsmodelsMixedLM, Mixedlm):
        (missing,) = method("y ~ w + (1 | cluster)").misfits(CONDITION)
        assert missing.startswith("'y ~ w + (1 | cluster)' names the column w; there are")
    for method in (StatsmodelsMixedLM, Mixedlm):
        (wrong,) = method("y ~ 1 + (1 | x)").misfits(CONDITION)
        assert wrong == "'y ~ 1 + (1 | x)' groups by x, a column of values; grouping factors: cluster"


@pytest.mark.parametrize("method", [Gee, StatsmodelsMixedLM, Mixedlm])
def test_bad_options_are_refused(method):
    with pytest.raises(ParameterError, match="level"):
        method(level=95)
    with pytest.raises(ParameterError, match="formula"):
        method(3)


def test_the_packages_are_imported_when_a_fit_runs_and_not_before():
    script = """
import sys
from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import Gee, Mixedlm, StatsmodelsMixedLM
Study(conditions=grid(TwoLevel, n_clusters=9, cluster_size=5),
      methods={"A": Gee(), "B": Mixedlm(), "C": StatsmodelsMixedLM()}, replications=1, seed=1)
print(*{"mixedlm", "pandas", "statsmodels"} & set(sys.modules))
"""
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""


def test_a_data_set_is_not_changed():
    frame = drawn(None)
    columns = {name: frame[name].to_numpy(copy=True) for name in frame}
    for column in columns.values():
        column.flags.writeable = False
    for method in LINEAR:
        assert len(method.fit(Dataset(columns, SLOPE), np.random.default_rng())) == 1
