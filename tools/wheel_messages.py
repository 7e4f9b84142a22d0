"""Compiles the message catalogues while a wheel is built, so that an installed office speaks all its languages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledMessages(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before the files of the wheel are gathered; needs polib, not gettext."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch names them
        sys.path.insert(0, str(Path(self.root) / "src"))
        try:
            from streha.web import messages
        finally:
            sys.path.pop(0)
        messages.compile_all()
