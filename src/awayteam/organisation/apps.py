from awayteam.kernel import registries


class OrganisationConfig(registries.App):
    name = "awayteam.organisation"
    label = "organisation"

    def register(self) -> None:
        from awayteam.organisation import places

        places.register()
