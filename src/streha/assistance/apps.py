from django.apps import AppConfig


class AssistanceConfig(AppConfig):
    name = "streha.assistance"
    label = "assistance"
