"""What a process does first that makes pieces of a register ready while another one writes them down.

Nothing of the office is imported here: it can be only after the settings were read.
"""

from __future__ import annotations

import gc

RARELY = (500_000, 50, 100)
"""Rows are made by the million and hold no cycles; looking for such after every 700 takes a quarter of the time."""


def get_ready() -> None:
    """The office's models can be used, and garbage is looked for rarely."""
    import django

    django.setup()
    gc.freeze()
    gc.set_threshold(*RARELY)
