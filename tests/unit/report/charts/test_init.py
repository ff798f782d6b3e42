"""The kinds of charts."""

import charting
import pytest

from mcsim.errors import ParameterError
from mcsim.report.charts import KINDS, chart_of, drawn_by
from mcsim.report.charts.request import Request

FACTORS = {"c1": {"n": 10}, "c2": {"n": 20}}
TABLES = charting.tables(charting.measured(FACTORS), factors=FACTORS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_file_with_two_functions(kind) -> None:
    module = drawn_by(kind)
    assert callable(module.what)
    assert callable(module.draw)
    assert set(getattr(module, "UNUSED", ())) <= set(Request.__dataclass_fields__)


def test_a_kind_that_does_not_exist_is_refused_with_every_other_wrong_name() -> None:
    with pytest.raises(ParameterError) as refused:
        chart_of(TABLES, "zip_plt", Request(methods=("C",)))
    assert refused.value.faults == (
        f"kind: given 'zip_plt'; did you mean zip_plot?; allowed: {', '.join(KINDS)}",
        "method: given 'C'; allowed: A, B",
    )


def test_what_a_kind_has_no_use_for_is_refused() -> None:
    with pytest.raises(ParameterError, match="measure: given, but this kind of chart has no use for it"):
        chart_of(TABLES, "missingness", Request(measures=("bias",)))


def test_a_chart_is_drawn() -> None:
    assert chart_of(TABLES, "performance", Request()).to_dict()["datasets"]
