from django.apps import AppConfig


class DataProtectionConfig(AppConfig):
    name = "streha.dataprotection"
    label = "dataprotection"
