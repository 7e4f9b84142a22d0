from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "streha.web"
    label = "web"
