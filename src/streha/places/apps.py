from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "streha.places"
    label = "places"
