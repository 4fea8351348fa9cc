"""How rows of roadmaps, goals and documents become what the REST interface says."""

from datetime import date
from typing import Any

from awayteam.organisation.models import Team
from awayteam.roadmaps import queries
from awayteam.roadmaps.models import CapacityNote, Document, DocumentVersion, Goal, Item, Measurement
from awayteam.roadmaps.rules import RankOption, Slot


def team_of(team: Team) -> dict[str, str]:
    return {"ref": team.ref, "label": str(team)}


def item_of(row: Item) -> dict[str, Any]:
    """An item with its team and goal."""
    goal = row.goal
    return {
        **{
            name: getattr(row, name)
            for name in (
                "id", "title", "kind", "state", "rank", "promised_on", "started_at", "done_at", "dropped_at", "version",
            )
        },
        "key": row.external_key,
        "team": team_of(row.team),
        "goal": {"id": goal.pk, "title": goal.title, "team": goal.team.ref} if goal else None,
        "begins": row.forecast_starts if row.rank else None,
        "p50": row.forecast_p50 if row.rank else None,
        "p85": row.forecast_p85 if row.rank else None,
        "risk": queries.risk(row.promised_on, row.forecast_p50, row.forecast_p85) if row.rank else "",
        **{
            name: None if getattr(row, name) is None else float(getattr(row, name))
            for name in ("effort_low", "effort_likely", "effort_high", "value_per_week", "estimated", "real_effort")
        },
    }  # fmt: skip


def item_detail(row: Item) -> dict[str, Any]:
    needs = row.dependencies.select_related("needs__team").order_by("pk")
    users = row.needed_by.select_related("item__team").order_by("pk")
    return {
        **item_of(row),
        "description": row.description,
        "needs": [_tie(one.needs) for one in needs],
        "needed_by": [_tie(one.item) for one in users],
    }


def _tie(row: Item) -> dict[str, Any]:
    return {"id": row.pk, "title": row.title, "team": row.team.ref, "state": row.state, "p50": row.forecast_p50}


def roadmap_of(view: queries.RoadmapView) -> dict[str, Any]:
    return {
        "team": team_of(view.team),
        "version": view.version,
        "items": [_planned(row) for row in view.ranked],
        "unranked": [_planned(row) for row in view.unranked],
        "funded_until": view.funded_until,
        "suggested": [{"id": one.item, "rank": one.rank, "suggested": one.suggested} for one in view.suggested],
        "gain": view.gain,
        "circles": view.circles,
        "capacity": [round(week.weeks, 3) for week in view.weeks],
        "estimates_ratio": round(view.accuracy.ratio, 3),
        "estimates_items": view.accuracy.items,
    }


def _planned(row: queries.Row) -> dict[str, Any]:
    item, slot = row.item, row.slot
    return {
        "id": item.id, "title": item.title, "kind": item.kind, "state": item.state, "rank": item.rank,
        "effort": row.plan.likely, "value_per_week": row.plan.value, "score": round(row.score, 3), "goal": item.goal,
        **dates_of(slot), "why": slot.why, "promised_on": item.promised, "risk": row.risk, "funded": row.is_funded,
        "needs": [tie.item for tie in row.needs],
    }  # fmt: skip


def dates_of(slot: Slot | None) -> dict[str, date | None]:
    if slot is None:
        return {"begins": None, "p50": None, "p85": None}
    return {"begins": slot.begins, "p50": slot.p50, "p85": slot.p85}


def overview_of(row: queries.TeamRow) -> dict[str, Any]:
    return {
        "team": team_of(row.team), "open": row.open, "unranked": row.unranked, "goals": row.goals,
        "first": [one.id for one in row.items], "at_risk": [one.id for one in row.risky], "last_p50": row.last_p50,
    }  # fmt: skip


def trial_of(trial: queries.Trial) -> dict[str, Any]:
    slips = [
        {
            "id": slip.item, "title": trial.title(slip), "team": trial.team(slip).ref, "p50_before": slip.before.p50,
            "p50_after": slip.after.p50, "days50": slip.days50, "days85": slip.days85,
            "cost": None if slip.cost is None else round(slip.cost, 2),
        }
        for slip in trial.slips
    ]  # fmt: skip
    return {**dates_of(trial.own), "cost": trial.cost, "slips": slips}


def option_of(one: RankOption) -> dict[str, Any]:
    return {**one._asdict(), "cost": round(one.cost, 2)}


def note_of(row: CapacityNote) -> dict[str, Any]:
    return {
        "id": row.pk, "starts": row.starts, "ends": row.ends, "reason": row.reason,
        "share": None if row.share is None else float(row.share),
        "people": None if row.people is None else float(row.people),
    }  # fmt: skip


def goal_of(row: Goal) -> dict[str, Any]:
    return {
        "id": row.pk, "team": team_of(row.team), "kind": row.kind, "title": row.title, "starts": row.starts,
        "ends": row.ends, "state": row.state, "parent": row.parent_id, "version": row.version,
        "owner": row.owner.ref if row.owner else None,
    }  # fmt: skip


def goal_detail(view: queries.GoalView) -> dict[str, Any]:
    results = [
        {
            "id": one.row.pk, "title": one.row.title, "unit": one.row.unit, "baseline": float(one.row.baseline),
            "target": float(one.row.target), "direction": one.row.direction, "progress": one.progress,
            "measurements": [measurement_of(row) for row in one.measurements],
        }
        for one in view.key_results
    ]  # fmt: skip
    figures = [
        {
            "name": one.name, "period": one.period, "planned": float(one.planned), "unit": one.unit,
            "actual": None if one.actual is None else float(one.actual),
        }
        for one in view.figures
    ]  # fmt: skip
    items = [one.pk for one in view.items]
    return {
        **goal_of(view.goal),
        "statement": view.goal.statement,
        "key_results": results,
        "figures": figures,
        "items": items,
    }


def measurement_of(row: Measurement) -> dict[str, Any]:
    return {
        "id": row.pk, "at": row.at, "value": float(row.value), "source": row.source, "corrects": row.corrects_id,
        "made_by": row.made_by.ref if row.made_by else None,
    }  # fmt: skip


def document_of(row: Document) -> dict[str, Any]:
    return {
        "slug": row.slug, "team": row.team.ref, "title": row.title, "latest": row.latest, "updated_at": row.updated_at
    }  # fmt: skip


def document_detail(row: Document, shown: DocumentVersion) -> dict[str, Any]:
    return {
        **document_of(row),
        "number": shown.number,
        "text": shown.text,
        "sha256": shown.sha256,
        "goals": sorted(row.goals.values_list("pk", flat=True)),
        "items": sorted(row.items.values_list("pk", flat=True)),
        "versions": list(row.versions.order_by("number").values_list("number", flat=True)),
    }
