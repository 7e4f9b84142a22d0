from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "streha.cases"
    label = "cases"
