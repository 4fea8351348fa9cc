"""A worker process for the kill test: the ordinary worker, and a clock whose end tells people.

Run as `python -m awayteam.notifications.tests.toil`.
"""

import os
from datetime import datetime

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "awayteam.settings")
    django.setup()
    from awayteam.kernel import clocks, subjects, worker
    from awayteam.kernel.events import EventName, Subject
    from awayteam.kernel.models import Clock
    from awayteam.notifications.actions import tell

    def effect(clock: Clock, now: datetime) -> None:
        subject = Subject("toil", clock.subject_id, f"Story {clock.subject_id}")
        tell(
            now=now,
            subject=subject,
            event=EventName.CLOCK_EXPIRED,
            text=f"Part {clock.pk} happened.",
            address="/",
            teams=[clock.turn_team_id or 0],
            key=f"toil-{clock.pk}",
        )

    subjects.register("toil", lambda _request, ids: dict.fromkeys(ids, "/"), subjects.everybody)
    clocks.register(clocks.Handler("toil", expire=effect, remind=effect))
    print("ready", flush=True)
    worker.run_until_signalled()


if __name__ == "__main__":
    main()
