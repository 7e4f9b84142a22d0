"""Selection by commission: call, applications, grid, blind scoring, session, ranked list, decision, appeal, replay."""
