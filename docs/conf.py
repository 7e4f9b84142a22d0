"""How the manual is built: MyST Markdown, Furo, warnings are errors (``make docs``)."""

project = "Streha"
copyright = "2026, The Streha developers"
author = "The Streha developers"
extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Streha"
html_show_sphinx = False
