"""From files and tables to the arrays of `streha.engine.risk`, and from its results to what a reader is shown.

No database is needed: the command line and stored runs go through the same functions. `runs` is the way in,
`scenario` reads what is to be run, `sources` turns files into arrays, `tiles` runs stores larger than memory or
spread over machines, `report` says what was found.
"""
