"""Repositories that are followed, and where the catalog contradicts them, over HTTP."""

from typing import Any

from django.utils import timezone
from ninja import Router, Status

from awayteam.contributions import actions, queries
from awayteam.contributions.api.schemas import ContradictionOut, RepositoryIn, RepositoryOut
from awayteam.contributions.models import Repository
from awayteam.imports.actions import shown
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id

router = Router(tags=["contributions"])


@router.get("/contradictions", response=list[ContradictionOut])
def list_contradictions(request: Request) -> Any:
    """Entities whose owner in the catalog isn't among the owners that the rules give their code."""
    return [
        ContradictionOut(
            entity=one.entity.ref,
            catalog_owner=one.entity.owner.ref if one.entity.owner else "",
            rule_owners=one.rule_owners,
            rule=one.rule,
            repository=one.repository.name,
            folder=one.folder,
        )
        for one in queries.contradictions(request.actor)
    ]


@router.get("/repositories", response=list[RepositoryOut])
def list_repositories(request: Request) -> Any:
    """The repositories that are followed and that the actor may see, by name."""
    return [_repository(row) for row in queries.repositories(request.actor)]


@router.post("/repositories", response={201: RepositoryOut})
def follow_repository(request: Request, body: RepositoryIn) -> Any:
    """Follow a repository; the worker reads it in a moment. Administrators."""
    made = actions.follow(body.location, actor=request.actor, now=timezone.now(), name=body.name, ref=body.ref)
    return Status(201, _repository(_row(made)))


@router.post("/repositories/{repository_id}/refresh", response={202: RepositoryOut})
def refresh_repository(request: Request, repository_id: Id) -> Any:
    """Ask the worker to read it now. Administrators."""
    found = queries.repository(request.actor, repository_id)
    actions.request_refresh(found, actor=request.actor, now=timezone.now())
    found.refresh_from_db()
    return Status(202, _repository(_row(found)))


@router.delete("/repositories/{repository_id}", response={204: None})
def unfollow_repository(request: Request, repository_id: Id) -> Any:
    """Stop following a repository and forget its commits. Administrators."""
    found = queries.repository(request.actor, repository_id)
    actions.unfollow(found, actor=request.actor, now=timezone.now(), wait_seconds=5)
    return Status(204, None)


def _row(repository: Repository) -> queries.RepositoryRow:
    return queries.RepositoryRow(repository, repository.commits.count())


def _repository(row: queries.RepositoryRow) -> RepositoryOut:
    one = row.repository
    return RepositoryOut(
        id=one.pk,
        name=one.name,
        location=shown(one.location),
        ref=one.ref,
        slug=one.slug,
        state=row.state,
        commits=row.commits,
        commit=one.tip,
        rules=one.rule_file,
        notes=one.notes,
        error=one.last_error,
        read_at=one.last_success_at,
    )
