"""What holds of distributions without a database: codes of slips, states, verdicts on what was brought from paper."""
