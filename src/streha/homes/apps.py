from django.apps import AppConfig


class HomesConfig(AppConfig):
    name = "streha.homes"
    label = "homes"
