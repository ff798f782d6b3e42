"""Checks against published figures and closed forms that need more time than a test has: `make proof`."""
