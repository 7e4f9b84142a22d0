"""The HTML door: one module a section, plain views that call one action or query; no rule lives here."""
