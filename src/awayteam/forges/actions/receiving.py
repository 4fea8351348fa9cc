"""Taking deliveries: verified, and stored in one statement. They are read later (`reading`)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from awayteam.forges import registry
from awayteam.forges.models import DeliveryState, Forge, ForgeDelivery, ForgeState
from awayteam.forges.port import Delivery
from awayteam.kernel import bell
from awayteam.kernel.errors import NotFound

LONGEST_ID, LONGEST_KIND = 200, 100


def receive(forge: int | str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Keep a delivery; False where it is known already, also if both come at once. Nothing is kept of what isn't
    genuine.

    Raises `NotFound` (no such forge, or none that is heard), `port.NotGenuine`.
    """
    by = {"pk": forge} if isinstance(forge, int) else {"name": forge}
    row = Forge.objects.filter(**by, state=ForgeState.ACTIVE).first()
    inbound = registry.kind(row.kind).inbound if row is not None else None
    if row is None or inbound is None:
        raise NotFound("Nothing is heard here.")
    delivery = inbound.verify(headers, body, registry.webhook_secrets(row, now))
    return store(row, delivery, now)


def store(forge: Forge, delivery: Delivery, now: datetime) -> bool:
    """Queue a verified delivery; False where its id is known. The unique index decides between two at once."""
    made = ForgeDelivery(
        forge=forge, delivery_id=delivery.id[:LONGEST_ID], kind=delivery.kind[:LONGEST_KIND], body=delivery.body,
        state=DeliveryState.WAITING, next_at=now, received_at=now,
    )  # fmt: skip
    with transaction.atomic():
        if ForgeDelivery.objects.filter(forge=forge, delivery_id=made.delivery_id).exists():
            return False
        if not _insert(made):
            return False
        transaction.on_commit(bell.ring)
    return True


def _insert(made: ForgeDelivery) -> bool:
    """INSERT ... ON CONFLICT DO NOTHING, whose count of rows says who was first."""
    fields = [field for field in ForgeDelivery._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(getattr(made, field.attname), connection) for field in fields]
    columns = ", ".join(connection.ops.quote_name(field.column or "") for field in fields)
    table = connection.ops.quote_name(ForgeDelivery._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(fields))}) ON CONFLICT DO NOTHING",  # noqa: S608
            values,
        )
        return bool(cursor.rowcount == 1)
