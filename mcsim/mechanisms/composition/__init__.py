"""What mechanism families are put together with: shapes of distributions, joint distributions, mixed models."""
