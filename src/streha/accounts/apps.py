from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class AccountsConfig(AppConfig):
    name = "streha.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Every ``migrate`` ends with the second wall as this version wants it."""
        from streha.accounts.bridge import policies

        pre_migrate.connect(policies.before_migrations, sender=self)
        post_migrate.connect(policies.after_migrations, sender=self)
