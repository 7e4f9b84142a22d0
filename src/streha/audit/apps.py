from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "streha.audit"
    label = "audit"
