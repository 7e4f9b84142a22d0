"""Forms of the pages, a module per section."""
