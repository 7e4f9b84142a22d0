"""Words every room shares: errors, codes, units, periods. Pure and tiny; knows nothing above it."""
