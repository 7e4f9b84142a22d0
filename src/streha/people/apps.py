from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "streha.people"
    label = "people"
