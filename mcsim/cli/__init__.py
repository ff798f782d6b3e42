"""The command line: one verb a file; the only place that prints or exits."""
