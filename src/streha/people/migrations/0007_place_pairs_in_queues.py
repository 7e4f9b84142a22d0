from typing import Any

from django.db import migrations, models


def place_pairs(apps: Any, _schema_editor: Any) -> None:
    """Pairs found before stand in the queue of the office that keeps both sides; all others in the central one."""
    pairs = apps.get_model("people", "MatchPair").objects
    left = apps.get_model("people", "Person").objects.filter(pk=models.OuterRef("left_id")).values("keeper_id")
    shared = pairs.filter(left__keeper=models.F("right__keeper"), left__shielded=False, right__shielded=False)
    pairs.filter(pk__in=shared.values("pk")).update(keeper_id=models.Subquery(left), is_central=False)
    pairs.filter(keeper=None).update(is_central=True)


class Migration(migrations.Migration):
    dependencies = [("people", "0006_decide_and_merge_duplicates")]

    operations = [migrations.RunPython(place_pairs, migrations.RunPython.noop)]
