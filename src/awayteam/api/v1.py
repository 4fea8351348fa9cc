"""The REST interface: what each app offers, under one roof."""

from awayteam import __version__
from awayteam.accounts.api import router as account
from awayteam.allocations.api import router as allocations
from awayteam.catalog import api as catalog
from awayteam.contributions.api import router as contributions
from awayteam.credit.api import router as credit
from awayteam.discussions.api import router as discussions
from awayteam.duplicates.api import router as duplicates
from awayteam.engagements import api as engagements
from awayteam.experiments.api import router as experiments
from awayteam.flags.api import router as flags
from awayteam.forges.api import router as forges
from awayteam.gate.api import router as gate
from awayteam.handovers.api import router as handovers
from awayteam.imports.api import router as sources
from awayteam.insights.api import router as insights
from awayteam.insights.visits.api import router as visit_insights
from awayteam.kernel.api import router as kernel
from awayteam.kernel.rest import Api
from awayteam.lists.api import router as lists
from awayteam.notifications.api import router as notifications
from awayteam.organisation import api as organisation
from awayteam.quotas.api import router as quotas
from awayteam.requests.api import exchange as request_exchange
from awayteam.requests.api import router as requests
from awayteam.requests.routing.api import router as routing
from awayteam.reviews import api as reviews
from awayteam.roadmaps import api as roadmaps
from awayteam.rounds.api import router as rounds
from awayteam.succession.api import router as succession
from awayteam.usage.api import router as usage

api = Api(
    title="Awayteam",
    version=__version__,
    description="Who owns what, who may change it, who asks whom, by when. See docs/api.md.",
    urls_namespace="api-v1",
    docs_url=None,
)
api.add_router("/entities", catalog.entities)
api.add_router("", catalog.search)
api.add_router("", catalog.events)
api.add_router("/teams", organisation.teams)
api.add_router("/people", organisation.people)
api.add_router("", organisation.changes)
api.add_router("/sources", sources)
api.add_router("/contributions", contributions)
api.add_router("/requests", requests)
api.add_router("", request_exchange)
api.add_router("/engagements", engagements.router)
api.add_router("/access", engagements.access)
api.add_router("", engagements.offers)
api.add_router("/insights", insights)
api.add_router("/insights", visit_insights)
api.add_router("/credit", credit)
api.add_router("/usage", usage)
api.add_router("/succession", succession)
api.add_router("/quotas", quotas)
api.add_router("/flags", flags)
api.add_router("/experiments", experiments)
api.add_router("/allocations", allocations)
api.add_router("", duplicates)
api.add_router("", forges)
api.add_router("", gate)
api.add_router("", handovers)
api.add_router("", reviews.reviews)
api.add_router("", reviews.register)
api.add_router("", routing)
api.add_router("", rounds)
api.add_router("", roadmaps.roadmaps)
api.add_router("", roadmaps.goals)
api.add_router("/notifications", notifications)
api.add_router("", discussions)
api.add_router("", account)
api.add_router("", lists)
api.add_router("", kernel)
