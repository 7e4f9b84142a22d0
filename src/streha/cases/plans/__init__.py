"""Plans of cases: goals that were agreed, and visits with who took part."""
