"""A worker process for the kill tests: does as `awayteam worker`, with a handler whose effect is a row and a message.

Its leases are short, so that what a killed worker held comes back soon. Run as `python -m awayteam.kernel.tests.toil`.
"""

import os
from datetime import datetime

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "awayteam.settings")
    django.setup()
    from awayteam.kernel import clocks, events, outbox, worker
    from awayteam.kernel.actor import SYSTEM
    from awayteam.kernel.events import EventName, Subject
    from awayteam.kernel.models import Clock

    def effect(clock: Clock, now: datetime) -> None:
        subject = Subject("effect", clock.subject_id, "effect")
        events.append(EventName.TEAM_UPDATED, subject=subject, actor=SYSTEM, now=now)

    clocks.register(clocks.Handler("toil", expire=effect, remind=effect))
    assert "webhook" in outbox.channels
    print("ready", flush=True)
    worker.run_until_signalled()


if __name__ == "__main__":
    main()
