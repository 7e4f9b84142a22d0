from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    name = "streha.institutions"
    label = "institutions"
