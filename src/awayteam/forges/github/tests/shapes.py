"""How GitHub writes things down, with every field that its published description requires."""

from datetime import UTC, datetime
from typing import Any

from awayteam.forges.github.tests.world import RANKS, Commit, Invitation, Pull, Repository, Review, User

API = "https://api.github.com"
WEB = "https://github.com"
_USER = ("events", "followers", "following", "gists", "organizations", "received_events", "repos", "starred",
         "subscriptions")  # fmt: skip
_REPOSITORY = """
    archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads
    events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges
    milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees
"""
_COUNTS = "forks forks_count open_issues open_issues_count size stargazers_count watchers watchers_count"


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(who: User) -> dict[str, Any]:
    base = f"{API}/users/{who.login.replace('[bot]', '')}"
    return {
        "login": who.login, "id": who.id, "node_id": f"U_{who.id}", "gravatar_id": "", "site_admin": False,
        "type": "Bot" if who.is_bot else "User", "url": base, "html_url": f"{WEB}/{who.login.replace('[bot]', '')}",
        "avatar_url": f"{WEB}/avatars/{who.id}", **{f"{name}_url": f"{base}/{name}" for name in _USER},
    }  # fmt: skip


def organisation() -> dict[str, Any]:
    return user(User(500, "acme")) | {"type": "Organization"}


def owner(repository: Repository) -> dict[str, Any]:
    return user(User(500, repository.slug.partition("/")[0])) | {"type": "Organization"}


def repository(of: Repository) -> dict[str, Any]:
    base, made = f"{API}/repos/{of.slug}", moment(datetime(2026, 1, 1, tzinfo=UTC))
    return {
        "id": of.id, "node_id": f"R_{of.id}", "name": of.slug.partition("/")[2], "full_name": of.slug, "fork": False,
        "owner": owner(of), "private": True, "description": None, "url": base, "html_url": f"{WEB}/{of.slug}",
        **{f"{name}_url": f"{base}/{name}" for name in _REPOSITORY.split()}, **dict.fromkeys(_COUNTS.split(), 0),
        "clone_url": f"{WEB}/{of.slug}.git", "git_url": f"git://github.com/{of.slug}.git", "default_branch": "main",
        "ssh_url": f"git@github.com:{of.slug}.git", "svn_url": f"{WEB}/{of.slug}", "homepage": None, "language": None,
        "has_downloads": True, "has_issues": True, "has_projects": True, "has_wiki": True, "has_pages": False,
        "has_discussions": False, "archived": False, "disabled": False, "mirror_url": None, "license": None,
        "pushed_at": made, "created_at": made, "updated_at": made, "network_count": 0, "subscribers_count": 0,
    }  # fmt: skip


def pull(of: Pull, *, whole: bool = False) -> dict[str, Any]:
    base, web = f"{API}/repos/{of.repository.slug}/pulls/{of.number}", f"{WEB}/{of.repository.slug}/pull/{of.number}"
    links = ["comments", "commits", "statuses", "html", "issue", "review_comments", "review_comment", "self"]
    author = user(of.author) if of.author else None
    home = repository(of.repository)
    fork = home | {"id": of.repository.id + 7_000, "full_name": "elsewhere/fork", "fork": True}
    owned = owner(of.repository)
    told = {
        "id": of.id, "node_id": f"PR_{of.id}", "number": of.number, "title": of.title, "body": None, "url": base,
        "state": of.state, "locked": False, "draft": of.is_draft, "user": author, "html_url": web,
        "diff_url": f"{web}.diff", "patch_url": f"{web}.patch", "issue_url": base, "comments_url": base,
        "commits_url": base, "review_comment_url": base, "review_comments_url": base, "statuses_url": base,
        "created_at": moment(of.at), "updated_at": moment(of.updated_at), "labels": [], "assignee": None,
        "closed_at": None if of.state == "open" else moment(of.updated_at), "merge_commit_sha": None,
        "merged_at": moment(of.merged_at) if of.merged_at else None, "milestone": None, "auto_merge": None,
        "author_association": "MEMBER", "_links": {name: {"href": base} for name in links},
        "base": {"label": f"acme:{of.base_ref}", "ref": of.base_ref, "sha": of.base, "repo": home, "user": owned},
        "head": {
            "label": f"acme:{of.head_ref}", "ref": of.head_ref, "sha": of.head, "user": author or owned,
            "repo": fork if of.from_fork else home,
        },
        "requested_reviewers": [user(one) for one in of.requested], "requested_teams": [], "assignees": [],
    }  # fmt: skip
    if whole:
        told |= {
            "additions": 1, "deletions": 0, "changed_files": 1, "comments": 0, "commits": 1, "review_comments": 0,
            "mergeable": None, "mergeable_state": "unknown", "merged": of.merged_at is not None,
            "maintainer_can_modify": False, "merged_by": user(of.merged_by) if of.merged_by else None,
        }  # fmt: skip
    return told


def review(of: Review, to: Pull) -> dict[str, Any]:
    url = f"{WEB}/{to.repository.slug}/pull/{to.number}#review-{of.id}"
    return {
        "id": of.id, "node_id": f"PRR_{of.id}", "user": user(of.by) if of.by else None, "body": "", "state": of.state,
        "html_url": url, "pull_request_url": f"{API}/repos/{to.repository.slug}/pulls/{to.number}",
        "submitted_at": moment(of.at), "commit_id": of.commit, "author_association": "MEMBER",
        "_links": {"html": {"href": url}, "pull_request": {"href": url}},
    }  # fmt: skip


def commit(of: Commit, where: Repository) -> dict[str, Any]:
    url = f"{API}/repos/{where.slug}/commits/{of.sha}"

    def signed(who: User | None) -> dict[str, Any]:
        name = who.login if who else "Somebody"
        return {"name": name, "email": f"{name}@example.org", "date": moment(of.at)}

    return {
        "sha": of.sha, "node_id": f"C_{of.sha[:8]}", "url": url, "html_url": url, "comments_url": url,
        "commit": {
            "author": signed(of.author), "committer": signed(of.committer), "message": of.message, "url": url,
            "comment_count": 0, "tree": {"sha": of.tree, "url": url},
        },
        "author": user(of.author) if of.author else None, "committer": user(of.committer) if of.committer else None,
        "parents": [{"sha": sha, "url": url, "html_url": url} for sha in of.parents],
    }  # fmt: skip


def collaborator(who: User, role: str) -> dict[str, Any]:
    rank = RANKS[role]
    names = ("pull", "triage", "push", "maintain", "admin")
    permissions = {name: rank >= number for number, name in enumerate(names, 1)}
    return user(who) | {"permissions": permissions, "role_name": role}


def invitation(of: Invitation, where: Repository) -> dict[str, Any]:
    return {
        "id": of.id, "node_id": f"RI_{of.id}", "repository": repository(where), "invitee": user(of.invitee),
        "inviter": owner(where) | {"type": "User"}, "permissions": of.role, "created_at": moment(of.at),
        "expired": of.expired, "url": f"{API}/user/repository_invitations/{of.id}",
        "html_url": f"{WEB}/{where.slug}/invitations",
    }  # fmt: skip


def app(id: int, permissions: dict[str, str], events: list[str]) -> dict[str, Any]:
    made = moment(datetime(2026, 1, 1, tzinfo=UTC))
    return {
        "id": id, "slug": "awayteam", "node_id": f"A_{id}", "client_id": f"Iv1.{id:016}", "name": "Awayteam",
        "owner": organisation(), "description": None, "external_url": WEB,
        "html_url": f"{WEB}/apps/awayteam", "created_at": made, "updated_at": made, "permissions": permissions,
        "events": events, "installations_count": 1,
    }  # fmt: skip


def installation(id: int, app_id: int, permissions: dict[str, str], events: list[str]) -> dict[str, Any]:
    made, url = moment(datetime(2026, 1, 1, tzinfo=UTC)), f"{API}/installations/{id}"
    return {
        "id": id, "app_id": app_id, "app_slug": "awayteam", "target_id": 500, "target_type": "Organization",
        "single_file_name": None, "repository_selection": "all", "access_tokens_url": url, "html_url": url,
        "repositories_url": url, "events": events, "permissions": permissions, "created_at": made, "updated_at": made,
        "account": organisation() | {"name": "Acme", "slug": "acme", "created_at": made, "updated_at": made},
        "suspended_by": None, "suspended_at": None,
    }  # fmt: skip


def run(of: dict[str, Any], where: Repository, app_told: dict[str, Any]) -> dict[str, Any]:
    url = f"{API}/repos/{where.slug}/check-runs/{of['id']}"
    output = of.get("output") or {}
    return {
        "id": of["id"], "node_id": f"CR_{of['id']}", "head_sha": of["head_sha"], "name": of["name"], "url": url,
        "html_url": url, "details_url": of.get("details_url"), "status": of.get("status", "queued"),
        "conclusion": of.get("conclusion"), "started_at": of["at"], "external_id": of.get("external_id", ""),
        "completed_at": of["at"] if of.get("status") == "completed" else None, "check_suite": {"id": 1},
        "output": {
            "title": output.get("title"), "summary": output.get("summary"), "text": None, "annotations_count": 0,
            "annotations_url": url,
        },
        "app": app_told | {"id": of["app"]}, "pull_requests": [],
    }  # fmt: skip


def comment(of: dict[str, Any], where: Repository, app_told: dict[str, Any]) -> dict[str, Any]:
    url = f"{API}/repos/{where.slug}/issues/comments/{of['id']}"
    return {
        "id": of["id"], "node_id": f"IC_{of['id']}", "html_url": url, "issue_url": url, "user": user(of["by"]),
        "url": url, "created_at": of["at"], "updated_at": of["at"], "body": of["body"],
        "author_association": "MEMBER",
        "performed_via_github_app": app_told | {"id": of["app"]} if of["app"] else None,
    }  # fmt: skip
