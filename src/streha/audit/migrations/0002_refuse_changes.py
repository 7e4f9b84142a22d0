"""Triggers that refuse to change or remove what was recorded, in whichever database the rows lie."""

from django.db import migrations

from streha.audit import bridge

REGISTER = ("audit_auditrecord",)
STORE = ("audit_readrecord", "audit_readseal")


def forwards(tables):
    def make(_apps, schema_editor):
        for table in tables:
            for statement in bridge.append_only_sql(schema_editor.connection.vendor, table)[0]:
                schema_editor.execute(statement)

    return make


def backwards(tables):
    def undo(_apps, schema_editor):
        for table in tables:
            for statement in bridge.append_only_sql(schema_editor.connection.vendor, table)[1]:
                schema_editor.execute(statement)

    return undo


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_keep_the_log")]

    operations = [
        migrations.RunPython(forwards(REGISTER), backwards(REGISTER)),
        migrations.RunPython(forwards(STORE), backwards(STORE), hints={"store": "reads"}),
    ]
