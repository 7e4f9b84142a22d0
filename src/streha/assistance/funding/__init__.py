"""What money of donors is set aside for: lots of houses, grants, courses, projects, cycles; and whose money it is."""
