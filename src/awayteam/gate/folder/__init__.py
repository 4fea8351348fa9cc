"""A folder of agreements that is kept in git: what `awayteam check` judges by where there is no server.

    agreements/12.toml     one engagement each
    organisation.*         or organisation/...: people and teams, in any format that Awayteam reads
    rulebook.toml          the organisation's own rules, if any
    register.toml          what bar raisers hold back of whole repositories, and emergencies
    bots                   more patterns of programs' names, one a line

docs/check.md explains every key. `files` gets the bytes (from a commit or from outside of the repository), `agreement`
reads and writes one engagement, `people` the organisation, `loading` makes of it all what the gate asks for, and
`exporting` writes the folder from the database.
"""
