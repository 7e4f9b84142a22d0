"""The connection itself. Django finds it by the name of this module; it knows no table and no model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base

from streha.accounts.bridge import wall


class DatabaseWrapper(base.DatabaseWrapper):
    """Before a statement is sent, the session's settings say who asks now; if they do already, nothing is sent.

    What the session holds is forgotten whenever it could have changed unseen: with a new connection, and with every
    rollback, for PostgreSQL then takes settings back to what they were. So a connection that is pooled, kept or
    broken off never answers with the rights of whoever used it before.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.announced: wall.Viewer | None = None
        self.execute_wrappers.append(self._announce)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.announced = None
        made = super().get_new_connection(conn_params)
        made.prepare_threshold = None  # a plan says what its viewer may do, and is not kept for the next one
        return made

    def _rollback(self) -> None:
        self.announced = None
        super()._rollback()  # type: ignore[misc]  # Django has it, its stubs do not

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self.announced = None

    def _announce(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        viewer = wall.viewer()
        if viewer is not self.announced:
            self.validate_no_broken_transaction()
            self.announced = None
            with self.wrap_database_errors:
                self.connection.execute(*viewer.statement())
            self.announced = viewer
        return execute(sql, params, many, context)
