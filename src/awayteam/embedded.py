"""The WSGI application together with a worker thread in the same process: what `awayteam serve` runs by default."""

import threading

from awayteam.wsgi import application

__all__ = ["application"]


def _work() -> None:
    from awayteam.kernel import worker

    worker.run(stop=threading.Event())


threading.Thread(target=_work, name="awayteam-worker", daemon=True).start()
