"""Displacement risk: how many people the next flood or earthquake displaces, where, and how sure that is.

Arrays and values in, arrays and values out; nothing here reads a file, draws or writes. In the order of a run:

- `exposure` people by dwelling class in blocks of 64 neighbouring cells; `footprints` what each event does to them;
- `events` how often; `curves` which share of the residents can no longer live at home at an intensity;
- `totals` one pass over the hits: people by event and area, map, people by intensity;
- `uncertainty` a thousand draws as matrix products; `exceedance` return periods; `climate` other futures;
- `earthquake`, `event_set`, `wind`, `valley`, `kosovo` where intensities, curves and people come from;
- `states` what becomes of the displaced;
- `assessment` all of it for one run; `figures` how an honest number is written.

`docs/methods/risk.md` says the same in prose, with worked tables and what is not modelled.
"""

VERSION = "1"  # changes when the same inputs give other figures; stored with every run
