from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "streha.jobs"
    label = "jobs"
