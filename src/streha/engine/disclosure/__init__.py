"""Disclosure control: which figures of a table may be printed so that nobody can be recognised.

Values in, values out; nothing here reads, writes, draws or translates. In the order of a release:

- `dimensions` codes within codes; `tables` counts or amounts with all margins; `systems` cells and relations of one
  table, of tables that share cells, of two releases and their difference;
- `sensitivity` which cells tell too much, and how far an attacker must be kept from them;
- `suppression` the cheapest further cells to hide, certified; `moves` other tables with the same print, which it is
  built from; `proofs` how cheap any pattern can be;
- `attack` what can be derived: feasible intervals, exact combinations;
- `rounding` to a base, with sums that add up;
- `releases` what a page shows of each cell and why; `shares` by group, with intervals.

`docs/methods/disclosure.md` says the same in prose, with worked tables and what is not covered.
"""

VERSION = "1"  # changes when the same inputs give other figures; stored with every release
