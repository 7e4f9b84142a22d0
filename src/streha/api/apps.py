from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "streha.api"
    label = "api"
