from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "streha.accounts"
    label = "accounts"
