"""What is shown of results: tables; pure functions of a performance table."""
