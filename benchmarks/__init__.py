"""Speed and memory of mcsim beside lme4, statsmodels and mixedlm: `python -m benchmarks`, or `make bench`."""
