"""The covariance matrices and degrees of freedom that least squares come with: codes and words."""

CLASSICAL, CR0, CR1, CR1S, CR2 = range(5)

COVARIANCES = ("classical", "CR0", "CR1", "CR1S", "CR2")
"""Words of the covariance matrices, by their codes."""

RESIDUAL, CLUSTERS, BELL_MCCAFFREY = range(3)

DEGREES = ("residual", "clusters", "bell_mccaffrey")
"""Words of the degrees of freedom, by their codes."""
