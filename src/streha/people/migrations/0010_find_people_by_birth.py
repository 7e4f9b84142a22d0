from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0009_keep_levels_of_decisions")]

    operations = [
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("birth_date__isnull", False)), fields=["birth_date"], name="people_person_by_birth"
            ),
        ),
    ]
