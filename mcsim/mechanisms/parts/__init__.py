"""The parts that mechanisms are put together from: small frozen values, one kind a file."""
