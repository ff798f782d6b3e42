"""The conformance suite: what a mechanism and a method must do so that a study's results can be trusted.

For the built-in ones and for those of a study's author, in a test of their own::

    def test_my_mechanism():
        check_mechanism(Skewed(n_clusters=10, cluster_size=5))

Each rule that is broken raises an AssertionError that says which, and where.
"""

from mcsim.testing.mechanisms import check_mechanism
from mcsim.testing.methods import check_method

__all__ = ["check_mechanism", "check_method"]
