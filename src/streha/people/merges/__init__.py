"""Records that are one person: merged, resolved, and parted again."""
