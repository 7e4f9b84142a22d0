"""House works: building and repair of homes by stages, with contractors, inspections, cost, handover and defects."""
