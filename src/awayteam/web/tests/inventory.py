"""Every page there is: its route, an address of it in the shop, and who looks. Tests hold it to be complete."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from awayteam.contributions.models import Area, CommitAuthor
from awayteam.credit.tests import shop as credit
from awayteam.duplicates.tests import shop as duplicates
from awayteam.engagements.tests import shop as engagements
from awayteam.handovers.tests import shop as handovers
from awayteam.requests.tests import shop as requests
from awayteam.reviews.tests import shop as reviews
from awayteam.roadmaps.models import Goal, Item
from awayteam.rounds.tests import shop as rounds
from awayteam.web.tests import talk
from awayteam.web.tests.shop import Shop

BASKET = "/catalog/default/component/basket/"
API = "/catalog/default/api/basket-api/"
TEAM = "/teams/default/orders/"
PERSON = "/people/default/ada/"
ROADMAP = "/roadmaps/default/orders/"


@dataclass(frozen=True)
class Page:
    """`address` may need the shop for an id. `who` is "" for nobody signed in."""

    route: str
    address: str | Callable[[Shop], str]
    who: str = "ada"
    name: str = ""
    status: int = 200

    @property
    def key(self) -> str:
        return self.name or self.route

    def at(self, shop: Shop) -> str:
        return self.address if isinstance(self.address, str) else self.address(shop)


def _item(title: str) -> int:
    """The number of an item on a roadmap."""
    return Item.objects.get(title=title).pk


PAGES = [
    Page("home", "/"),
    Page("home", "/", "zoe", "home of somebody without team"),
    Page("activity", "/activity/"),
    Page("activity", "/activity/?name=entity", name="activity of entities"),
    Page("keys", "/keys/"),
    Page("services", "/services/"),
    Page("services", "/services/?owner=orders&sort=-changed&type=service&tag=java", name="services narrowed"),
    Page("services", "/services/?q=nothing-is-called-so", name="services without hit"),
    Page("services", "/services/?as_of=2026-01-31", name="services as of"),
    Page("apis", "/apis/"),
    Page("catalog", "/catalog/?presence=missing&presence=orphan&presence=present"),
    Page("search", "/search/", name="search, empty"),
    Page("search", "/search/?q=baskt"),
    Page("search", "/search/?q=qqqqqqqq", name="search without hit"),
    Page("search_suggest", "/search/suggest/?q=bask"),
    Page("entity", BASKET),
    Page("entity", API, name="entity, API"),
    Page("entity", "/catalog/default/system/selling/", name="entity, system"),
    Page("entity", "/catalog/default/component/gone/", name="entity, orphan"),
    Page("entity", "/catalog/default/resource/nowhere/", name="entity, missing"),
    Page("entity", "/catalog/default/component/lonely/", name="entity, unowned"),
    Page("entity_operations", f"{API}operations/"),
    Page("entity_operations", f"{API}operations/?deprecated=yes&q=throw", name="entity_operations narrowed"),
    Page("entity_operations", f"{API}operations/?q=nope", name="entity_operations without hit"),
    Page("entity_relations", f"{BASKET}relations/"),
    Page("entity_relations", f"{API}relations/?type=apiConsumedBy", name="entity_relations of one kind"),
    Page("entity_graph", f"{BASKET}graph/"),
    Page("entity_graph", "/catalog/default/component/by-hand/graph/", name="entity_graph, empty"),
    Page("entity_history", f"{BASKET}history/"),
    Page("entity_document", f"{BASKET}document/"),
    Page("entity_edit", f"{BASKET}edit/"),
    Page("entity_edit", "/catalog/default/component/by-hand/edit/", name="entity_edit, by hand"),
    Page("entity_transfer", f"{BASKET}transfer/"),
    Page("entity_new", "/catalog/new/"),
    Page("teams", "/teams/"),
    Page("teams", "/teams/?view=list&oversized=yes", name="teams, list"),
    Page("teams", "/teams/?view=list&q=nope", name="teams without hit"),
    Page("team", TEAM),
    Page("team", f"{TEAM}?as_of=2026-01-31", name="team as of"),
    Page("team", "/teams/default/shop/", name="team, unit"),
    Page("team_history", f"{TEAM}history/"),
    Page("team_edit", f"{TEAM}edit/"),
    Page("team_members", f"{TEAM}members/"),
    Page("people", "/people/"),
    Page("people", "/people/?q=nope", name="people without hit"),
    Page("people", "/people/?team=orders&teamless=yes", name="people narrowed"),
    Page("person", PERSON),
    Page("person_history", f"{PERSON}history/"),
    Page("person_edit", f"{PERSON}edit/"),
    Page("person_identities", f"{PERSON}identities/"),
    Page("person_identities", f"{PERSON}identities/", "zoe", "person_identities, administrator"),
    Page("sources", "/sources/"),
    Page("source", lambda shop: f"/sources/{shop.source.pk}/"),
    Page("source", lambda shop: f"/sources/{shop.source.pk}/", "zoe", "source, administrator"),
    Page("source", lambda shop: f"/sources/{shop.source.pk}/?part=duplicates", name="source, duplicates"),
    Page("source", lambda shop: f"/sources/{shop.source.pk}/?part=files", name="source, files"),
    Page("source", lambda shop: f"/sources/{shop.source.pk}/?part=history", name="source, history"),
    Page("source", lambda shop: f"/sources/{shop.source.pk}/?part=state", name="source, state"),
    Page("source_new", "/sources/new/", "zoe"),
    Page("source_edit", lambda shop: f"/sources/{shop.source.pk}/edit/", "zoe"),
    Page("source_push", lambda shop: f"/sources/{shop.source.pk}/push/", "zoe"),
    Page("away_map", "/away-map/"),
    Page("away_map", "/away-map/?by=unit&as_of=head&sort=name", name="away_map by unit"),
    Page("away_map", "/away-map/?since=1d&until=2001-01-01", name="away_map, empty window"),
    Page("away_areas", "/away-map/areas/"),
    Page("away_areas", "/away-map/areas/?sole=yes", name="away_areas, none"),
    Page("away_area", lambda _: f"/away-map/areas/{Area.objects.get(name='/cart/').pk}/"),
    Page("away_belonging", "/away-map/belonging/"),
    Page("away_commits", "/away-map/commits/?class=away"),
    Page("away_commits", "/away-map/commits/?class=bot", name="away_commits, none"),
    Page("away_contradictions", "/away-map/contradictions/"),
    Page("away_authors", "/away-map/authors/"),
    Page("away_authors", "/away-map/authors/?kind=all", "zoe", "away_authors, administrator"),
    Page("away_correct", lambda _: f"/away-map/authors/{CommitAuthor.objects.get(name='Some One').pk}/"),
    Page("away_repositories", "/away-map/repositories/"),
    Page("away_repositories", "/away-map/repositories/", "zoe", "away_repositories, administrator"),
    Page("away_repository_new", "/away-map/repositories/new/", "zoe"),
    Page("bulk_change", lambda shop: f"/bulk/changes/{shop.bulk.pk}/"),
    Page("services", lambda shop: f"/services/?bulk={shop.bulk.pk}", name="services after a change of many"),
    Page("views", "/views/"),
    Page("views", "/views/", "sam", "views, shared by others"),
    Page("views", lambda shop: f"/views/?removed={shop.removed_view.pk}", name="views, one removed"),
    Page("discussion", lambda _: talk.discussion()),
    Page("discussion", lambda _: talk.discussion(), "zoe", "discussion, administrator"),
    Page("comment_edit", lambda _: f"/comments/{talk.answer().pk}/edit/"),
    Page("comment_versions", lambda _: f"/comments/{talk.answer().pk}/"),
    Page("notifications", "/notifications/"),
    Page("notifications", "/notifications/?state=all&group=mention", name="notifications narrowed"),
    Page("notifications", "/notifications/", "zoe", "notifications, none"),
    Page("notification_preferences", "/notifications/preferences/"),
    Page("notification_preferences", "/notifications/preferences/", "sam", "notification_preferences, member"),
    Page("notification_following", "/notifications/following/"),
    Page("notification_following", "/notifications/following/", "zoe", "notification_following, nothing"),
    Page("notification_team", "/notifications/teams/default/orders/"),
    Page("notification_unsubscribe", lambda _: talk.mail_foot(), ""),
    Page("roadmaps", "/roadmaps/"),
    Page("roadmaps", "/roadmaps/?show=risk&q=order", name="roadmaps at risk"),
    Page("roadmaps", "/roadmaps/?q=nope", name="roadmaps without hit"),
    Page("roadmap", ROADMAP),
    Page("roadmap", "/roadmaps/default/search/", name="roadmap of others"),
    Page("roadmap_what_if", f"{ROADMAP}what-if/", name="roadmap_what_if, empty"),
    Page("roadmap_what_if", lambda _: f"{ROADMAP}what-if/?item={_item('Share a basket')}&rank=1"),
    Page("roadmap_what_if", f"{ROADMAP}what-if/?title=New&effort=2&value=9&rank=1", name="roadmap_what_if, new"),
    Page("roadmap_item_new", f"{ROADMAP}new/"),
    Page("roadmap_item", lambda _: f"/roadmap-items/{_item('Share a basket')}/"),
    Page("roadmap_item", lambda _: f"/roadmap-items/{_item('Small fix')}/", name="roadmap_item, done"),
    Page("roadmap_item", lambda _: f"/roadmap-items/{_item('Old tables')}/", name="roadmap_item, unranked"),
    Page("roadmap_item_edit", lambda _: f"/roadmap-items/{_item('Share a basket')}/edit/"),
    Page("roadmap_capacity", f"{ROADMAP}capacity/"),
    Page("roadmap_goals", f"{ROADMAP}goals/"),
    Page("roadmap_goals", f"{ROADMAP}goals/?closed=yes", name="roadmap_goals, closed"),
    Page("goal_new", f"{ROADMAP}goals/new/"),
    Page("goal", lambda _: f"/goals/{Goal.objects.get(kind='okr', state='open').pk}/"),
    Page("goal", lambda _: f"/goals/{Goal.objects.get(kind='pl').pk}/", name="goal, figures"),
    Page("goal_edit", lambda _: f"/goals/{Goal.objects.get(kind='pl').pk}/edit/"),
    Page("roadmap_documents", f"{ROADMAP}documents/"),
    Page("roadmap_documents", "/roadmaps/default/search/documents/", name="roadmap_documents, none"),
    Page("document_new", f"{ROADMAP}documents/new/"),
    Page("document", f"{ROADMAP}documents/baskets-that-open-at-once/"),
    Page("document_write", f"{ROADMAP}documents/baskets-that-open-at-once/write/"),
    Page("document_compare", f"{ROADMAP}documents/baskets-that-open-at-once/compare/"),
    Page("duplicates", "/duplicates/"),
    Page("duplicates", "/duplicates/?team=group:default/search&mine=yes&sort=title", name="duplicates narrowed"),
    Page("duplicates", "/duplicates/?q=nope", name="duplicates without hit"),
    Page("duplicate_new", "/duplicates/new/?of=component:default/finder"),
    Page("duplicate", lambda _: f"/duplicates/{duplicates.duplicate('Own counter of baskets')}/"),
    Page(
        "duplicate", lambda _: f"/duplicates/{duplicates.duplicate('Own words for baskets')}/", name="duplicate, asked"
    ),
    Page("likenesses", "/duplicates/alike/", name="likenesses, none"),
    Page("likeness", lambda _: f"/duplicates/alike/{duplicates.likeness(timezone.now())}/"),
    Page("likenesses", lambda _: f"/duplicates/alike/?x={duplicates.likeness(timezone.now())}"),
    Page("credit", "/credit/"),
    Page("credit", "/credit/?person=ada&kind=thanks&since=2020-01-01&withdrawn=yes", name="credit narrowed"),
    Page("credit", "/credit/?until=2020-01-31", name="credit, none"),
    Page("credit_team", "/credit/of/default/orders/"),
    Page("credit_team", "/credit/of/default/shop/", name="credit_team, unit"),
    Page("credit_entry", lambda _: f"/credit/entries/{credit.entry()}/"),
    Page("credit_entry", lambda _: f"/credit/entries/{credit.entry(disputed=True)}/", name="credit_entry, disputed"),
    Page("credit_dispute", lambda _: f"/credit/disputes/{credit.dispute()}/", "zoe"),
    Page("credit_dispute", lambda _: f"/credit/disputes/{credit.dispute()}/", name="credit_dispute, of another"),
    Page("credit_thank", lambda _: f"/credit/thank/?about=request:{requests.number('Baskets by mail')}"),
    Page("handover", lambda _: f"/handovers/{handovers.handover(handovers.WAITING)}/"),
    Page("handover", lambda _: f"/handovers/{handovers.handover(handovers.OVER)}/", "sam", "handover, accepted"),
    Page("handover_verb", lambda _: f"/handovers/{handovers.handover(handovers.WAITING)}/refuse/"),
    Page("handover_line", lambda _: f"/handovers/{handovers.handover(handovers.WAITING)}/lines/1/evidence/", "sam"),
    Page("deploy", lambda _: f"/deployments/{handovers.visit(handovers.OVER)}/"),
    Page("defects", "/defects/"),
    Page("defects", "/defects/?state=closed&service=component:default/basket", name="defects, none"),
    Page("defect_new", lambda _: f"/defects/new/?engagement={handovers.visit(handovers.OVER)}"),
    Page("defect", lambda _: f"/defects/{handovers.defect()}/", "sam"),
    Page("defect_verb", lambda _: f"/defects/{handovers.defect()}/dispute/", "sam"),
    Page("looking_back", lambda _: f"/looking-back/{handovers.visit(handovers.OVER)}/"),
    Page("looking_back", lambda _: f"/looking-back/{handovers.visit(handovers.OVER)}/", "zoe", "looking_back, hidden"),
    Page("self_service", "/self-service/"),
    Page("self_service_put_aside", lambda _: f"/self-service/{handovers.basket()}/put-aside/"),
    Page("engagements", "/engagements/"),
    Page(
        "engagements", "/engagements/?state=all&home=orders&turn=me&sort=-ends&q=baskets", name="engagements narrowed"
    ),
    Page("engagements", "/engagements/?away=orders", name="engagements, none"),
    Page("engagements_board", "/engagements/board/"),
    Page("team_engagements", "/teams/default/orders/engagements/"),
    Page("team_engagements", "/teams/default/shop/engagements/", name="team_engagements, unit"),
    Page("engagement_new", "/engagements/new/?entity=component:default/basket", "sam"),
    Page("engagement_new", "/engagements/new/", "zoe", name="engagement_new, no team"),
    Page("engagement", lambda _: f"/engagements/{engagements.number(engagements.DRAFT)}/", "sam"),
    Page(
        "engagement", lambda _: f"/engagements/{engagements.number(engagements.PROPOSED)}/", name="engagement, proposed"
    ),
    Page(
        "engagement", lambda _: f"/engagements/{handovers.visit(handovers.WAITING)}/", name="engagement, handing over"
    ),
    Page("engagement", lambda _: f"/engagements/{handovers.visit(handovers.OVER)}/", "sam", "engagement, warranty"),
    *(
        Page(
            "engagement_setup",
            lambda _, step=step: f"/engagements/{engagements.number(engagements.DRAFT)}/setup/{step}/",
            "sam",
            f"engagement_setup, {step}",
        )
        for step in ("goal", "people", "scope", "time", "members", "standards", "baseline", "check")
    ),
    Page("engagement_sign", lambda _: f"/engagements/{engagements.number(engagements.PROPOSED)}/sign/"),
    Page(
        "engagement_sign",
        lambda _: f"/engagements/{engagements.number(engagements.DRAFT)}/sign/",
        "sam",
        "engagement_sign, draft",
    ),
    Page("engagement_amend", lambda _: f"/engagements/{handovers.visit(handovers.WAITING)}/amend/"),
    Page("engagement_contract", lambda _: f"/engagements/{engagements.number(engagements.PROPOSED)}/contracts/1/"),
    Page(
        "engagement_standard",
        lambda _: f"/engagements/{engagements.number(engagements.DRAFT)}/standards/{engagements.standard()}/",
    ),
    Page("engagement_verb", lambda _: f"/engagements/{engagements.number(engagements.DRAFT)}/withdraw/", "sam"),
    Page("places", "/places/"),
    Page("places", "/places/?q=nothing", name="places, none"),
    Page("place", lambda _: f"/places/{engagements.place()}/"),
    Page("place", lambda _: f"/places/{engagements.place()}/", "sam", "place, of the lead"),
    Page("engagement_rounds", lambda _: f"/engagements/{rounds.visit()}/rounds/"),
    Page("round_new", lambda _: f"/engagements/{rounds.visit()}/rounds/new/", "sam"),
    Page("round_new", lambda _: f"/engagements/{rounds.visit()}/rounds/new/", name="round_new, of the home side"),
    Page("round", lambda _: f"/rounds/{rounds.round(rounds.OPEN)}/"),
    Page("round", lambda _: f"/rounds/{rounds.round(rounds.OVER)}/", "sam", "round, approved"),
    Page("round_verb", lambda _: f"/rounds/{rounds.round(rounds.OPEN)}/request-changes/"),
    Page("round_verb", lambda _: f"/rounds/{rounds.round(rounds.OPEN)}/approve/", "sam", "round_verb, not allowed"),
    Page("engagement_hours", lambda _: f"/engagements/{rounds.visit()}/hours/"),
    Page("engagement_reports", lambda _: f"/engagements/{rounds.visit()}/reports/"),
    Page("round_report", lambda _: f"/reports/{rounds.report()}/", "zoe"),
    Page("reviews", "/reviews/"),
    Page("reviews", "/reviews/?ended=yes&field=architecture&sort=-created&q=basket", name="reviews narrowed"),
    Page("reviews", "/reviews/?q=nothing-is-called-so", name="reviews without hit"),
    Page("review", lambda _: f"/reviews/{reviews.review('Split the <basket> store')}/"),
    Page("review", lambda _: f"/reviews/{reviews.review('Baskets by mail')}/", name="review, to be decided"),
    Page("review", lambda _: f"/reviews/{reviews.review('Nobody is free for this')}/", "zoe", "review, unassigned"),
    Page("review_new", "/reviews/new/?entity=component:default/basket"),
    Page("review_verb", lambda _: f"/reviews/{reviews.review('Baskets by mail')}/override/"),
    Page("review_verb", lambda _: f"/reviews/{reviews.review('Baskets by mail')}/assign/", name="review_verb, not now"),
    Page("review_write", lambda _: f"/reviews/{reviews.review('Baskets by mail')}/write/"),
    Page("bar_raisers", "/reviews/pool/"),
    Page("bar_raisers", "/reviews/pool/?field=design", name="bar_raisers, none"),
    Page("bar_raiser", lambda _: f"/reviews/pool/{reviews.raiser('rue')}/"),
    Page("bar_raiser", lambda _: f"/reviews/pool/{reviews.raiser('rae')}/", "zoe", "bar_raiser, keeper"),
    Page("bar_raiser_new", "/reviews/pool/new/", "zoe"),
    Page("register", "/register/"),
    Page("register", "/register/?kind=override&state=standing&sort=look-again", name="register narrowed"),
    Page("register", "/register/?q=nothing-is-called-so", name="register without hit"),
    Page("register_new", "/register/new/"),
    Page("register_entry", lambda _: f"/register/{reviews.entry('override')}/"),
    Page("register_entry", lambda _: f"/register/{reviews.entry('deviation')}/", "sam", "register_entry, deviation"),
    Page("register_tell", lambda _: f"/register/{reviews.entry('override')}/tell/"),
    Page("ask", "/ask/"),
    Page("ask", "/ask/?q=basket&title=Baskets+for+two&entity=component:default/basket", name="ask, begun"),
    Page("ask", "/ask/", "zoe", "ask, of no team"),
    Page("requests", "/requests/"),
    Page("requests", "/requests/?state=all&home=mine&turn=me&overdue=no&sort=-due", name="requests narrowed"),
    Page("requests", "/requests/?q=nothing-is-called-so", name="requests without hit"),
    Page("requests_board", "/requests/board/"),
    Page("requests_board", "/requests/board/?asking=mine", name="requests_board narrowed"),
    Page("team_requests", f"{TEAM}requests/"),
    Page("team_requests", "/teams/default/search/requests/?by=clock", "zoe", "team_requests of others"),
    Page("request", lambda _: f"/requests/{requests.number('Share a basket <soon>')}/"),
    Page("request", lambda _: f"/requests/{requests.number('Baskets for two')}/", "sam", "request, overdue"),
    Page("request", lambda _: f"/requests/{requests.number('Baskets by mail')}/", name="request, promised"),
    Page("request", lambda _: f"/requests/{requests.number('Baskets in colours')}/", "zoe", "request, escalated"),
    Page("request", lambda _: f"/requests/{requests.number('Baskets to share')}/", "sam", "request, merged"),
    Page("request_verb", lambda _: f"/requests/{requests.number('Share a basket <soon>')}/accept/"),
    Page(
        "request_verb",
        lambda _: f"/requests/{requests.number('Baskets by mail')}/welcome/",
        name="request_verb, not now",
    ),
    Page("request_brief", lambda _: f"/requests/{requests.number('Baskets in colours')}/brief/", "zoe"),
    Page("insights", "/insights/"),
    Page("insights", "/insights/?span=12mo&every=quarter&kind=feature", "sam", "insights narrowed"),
    Page("insights", "/insights/?since=2001-01-01&until=2001-03-31", name="insights, nothing then"),
    Page("insights_visits", "/insights/visits/"),
    Page("insights_visits_team", "/insights/visits/of/default/shop/?span=12mo&kind=feature"),
    Page("insights_visits_cases", "/insights/visits/cases/?measure=paths&span=12mo"),
    Page("insights_visits_cases", "/insights/visits/cases/?measure=begun", name="insights_visits_cases, none"),
    Page("insights_team", "/insights/default/orders/"),
    Page("insights_team", "/insights/default/shop/", "zoe", "insights_team, unit"),
    Page("insights_cases", "/insights/cases/?measure=decided"),
    Page(
        "insights_cases", "/insights/cases/?measure=open&team=group:default/shop&only=yes", name="insights_cases, none"
    ),
    Page("rulebook", "/rulebook/"),
    Page("history", lambda shop: f"/history/webhook/{shop.webhook.pk}/", "zoe"),
    Page("deliveries", "/deliveries/", "zoe"),
    Page("deliveries", "/deliveries/?state=delivered", "zoe", "deliveries, empty"),
    Page("webhooks", "/webhooks/", "zoe"),
    Page("webhook_new", "/webhooks/new/", "zoe"),
    Page("webhook", lambda shop: f"/webhooks/{shop.webhook.pk}/", "zoe"),
    Page("profile", "/profile/"),
    Page("tokens", "/tokens/"),
    Page("tokens", "/tokens/", "sam", "tokens, none"),
    Page("account_login", "/accounts/login/", ""),
    Page("account_logout", "/accounts/logout/"),
    Page("account_reset_password", "/accounts/password/reset/", ""),
    Page("account_reset_password_done", "/accounts/password/reset/done/", ""),
    Page("account_reset_password_from_key", "/accounts/password/reset/key/1-bad/", ""),
    Page("account_reset_password_from_key_done", "/accounts/password/reset/key/done/", ""),
    Page("account_signup", "/accounts/signup/", ""),
    Page("account_inactive", "/accounts/inactive/", ""),
    Page("account_confirm_email", "/accounts/confirm-email/bad/", ""),
    Page("account_email_verification_sent", "/accounts/confirm-email/", ""),
    Page("account_email", "/accounts/email/"),
    Page("account_change_password", "/accounts/password/change/"),
    Page("account_reauthenticate", "/accounts/reauthenticate/"),
    Page("mfa_index", "/accounts/2fa/"),
    Page("socialaccount_connections", "/accounts/3rdparty/"),
    Page("socialaccount_login_cancelled", "/accounts/3rdparty/login/cancelled/", ""),
    Page("socialaccount_login_error", "/accounts/3rdparty/login/error/", "", status=401),
]

NO_PAGES = {
    "ask_candidates": "a part of the page that asks, by POST",
    "ask_similar": "a part of the page that asks, by POST",
    "become": "only in the demonstration; test_frame looks at it there",
    "calendar": "for calendar programs",
    "choose": "sends back to where one was",
    "healthz": "for machines",
    "notification_go": "leads to the page that a notification is about",
    "register_feed": "for feed readers",
    "tour": "leads to the first stop, in the demonstration; test_tour goes there",
    "tour_leave": "sends back to where one was",
    "tour_stop": "leads to a page of another app",
}
"""Routes that answer to GET and are no page of the inventory, and why."""
