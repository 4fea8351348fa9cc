from awayteam.kernel import registries


class ForgesConfig(registries.App):
    name = "awayteam.forges"
    label = "forges"

    def register(self) -> None:
        from awayteam.forges import jobs, jobs_access, places, publishing, registry
        from awayteam.forges.actions import telling
        from awayteam.forges.gitea.kind import FORGEJO, GITEA
        from awayteam.forges.github.kind import KIND as GITHUB
        from awayteam.forges.gitlab.kind import KIND as GITLAB
        from awayteam.forges.gitolite.kind import KIND as GITOLITE
        from awayteam.gate import hooks
        from awayteam.kernel import outbox

        for kind in (FORGEJO, GITEA, GITHUB, GITLAB, GITOLITE):
            registry.register(kind)
        outbox.register(telling.CHANNEL, publishing.deliver, lane=publishing.LANE)
        hooks.on_judged("forges", telling.judged)
        jobs.register()
        jobs_access.register()
        places.register()
