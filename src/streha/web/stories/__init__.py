"""Stories: what happened to a household, home, site, warehouse, programme or project, and in a municipality, in order.

A module per page gathers lines from the rooms' queries, as far as the viewer sees them; ``lines`` puts them in order,
and ``parts/timeline.html`` draws them, the same everywhere.
"""
