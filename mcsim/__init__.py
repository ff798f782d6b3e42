"""Monte Carlo simulation studies of multilevel (mixed-effects) models."""

__version__ = "0.1.0"
