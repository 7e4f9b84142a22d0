"""Help for households, from a call for applications to a decision that can be replayed."""
