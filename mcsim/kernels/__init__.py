"""Numerics on numpy and numba alone: arrays in, arrays out, many replications in one call."""
