from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "streha.audit"
    label = "audit"

    def ready(self) -> None:
        """However the tables were made, what was recorded is refused to change."""
        from streha.audit import bridge

        post_migrate.connect(bridge.refuse_changes, sender=self)
