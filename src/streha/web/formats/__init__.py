"""How dates and numbers are written in the four forms of the office: dates alike, decimals by language."""
