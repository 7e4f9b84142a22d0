from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0008_lists_of_every_kind"),
    ]

    operations = [
        migrations.AddField(
            model_name="matchdecision",
            name="levels",
            field=models.CharField(blank=True, max_length=300),
        ),
    ]
