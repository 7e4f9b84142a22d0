"""The JSON door: the same actions and queries as the pages, for programs that carry a token."""
