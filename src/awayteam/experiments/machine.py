"""The life of an experiment as a table. Source: P13 of the mission, specs/experiments.md, ADR 0020."""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class State(StrEnum):
    """Where an experiment stands. The last two are final."""

    DRAFT = "draft"
    CHECKED = "checked"
    IN_REVIEW = "in-review"
    READY = "ready"
    RUNNING = "running"
    STOPPED = "stopped"
    DECIDED = "decided"
    CLEANED_UP = "cleaned-up"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What moves an experiment from one state to another."""

    APPROVE = "approve"
    CHECK = "check"
    CLEAN_UP = "clean-up"
    DECIDE = "decide"
    DESIGN = "design"
    EXPIRE = "expire"
    REALLOCATE = "reallocate"
    REVISE = "revise"
    START = "start"
    STOP = "stop"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"


class Party(StrEnum):
    """Who acts: the team that owns it, the person who decides, a manager above, the clock, or Awayteam itself."""

    OWNER = "owning team"
    DECIDER = "decider"
    MANAGER = "manager above"
    CLOCK = CLOCK
    AWAYTEAM = "Awayteam itself"


FINAL = frozenset({State.CLEANED_UP, State.WITHDRAWN})
LIVE = tuple(state for state in State if state not in FINAL)
BEFORE = frozenset({State.DRAFT, State.CHECKED, State.IN_REVIEW, State.READY})
"""States in which nobody has been assigned to anything yet."""
ENDED = frozenset({State.STOPPED, State.DECIDED, State.CLEANED_UP})
"""States after a run: their experiments have a scorecard, and what was learnt."""
S, V, P = State, Verb, Party


def _on(
    verb: StrEnum, sources: StrEnum | tuple[StrEnum, ...], targets: StrEnum | tuple[StrEnum, ...],
    by: tuple[str, ...], says: str,
) -> Transition:  # fmt: skip
    froms = sources if isinstance(sources, tuple) else (sources,)
    return Transition(verb, frozenset(froms), targets if isinstance(targets, tuple) else (targets,), by, says)


MACHINE = Machine(
    name="experiment",
    title="Experiment",
    states=State,
    start=(S.DRAFT,),
    terminal=FINAL,
    waiting={
        S.DRAFT: Waiting("the owner", "design_minutes", "it is withdrawn"),
        S.CHECKED: Waiting("the owner", "submit_minutes", "a draft again: what was checked is old"),
        S.IN_REVIEW: Waiting("the decider, once the bar raiser has spoken", "review_minutes", "the owner hears that it still waits"),
        S.READY: Waiting("the owner", "start_minutes", "a draft again: traffic and collisions are old"),
        S.RUNNING: Waiting("the owner", "the planned runtime", "it stops, and the decider has the turn"),
        S.STOPPED: Waiting("the decider", "decide_minutes", "the manager above is asked"),
        S.DECIDED: Waiting("the owner", "removal_minutes", "the manager above is asked; the flag is overdue"),
    },
    transitions=(
        _on(V.CHECK, S.DRAFT, S.CHECKED, (P.OWNER,), "The machine's checks found nothing that forbids it."),
        _on(V.SUBMIT, S.CHECKED, (S.IN_REVIEW, S.READY), (P.OWNER,), "The design is registered by its hash; the rulebook says whether a bar raiser looks first."),
        _on(V.APPROVE, S.IN_REVIEW, (S.READY, S.DRAFT), (P.AWAYTEAM,), "The review was decided: for it, or back to the draft."),
        _on(V.REVISE, (S.CHECKED, S.IN_REVIEW, S.READY), S.DRAFT, (P.OWNER, P.AWAYTEAM), "The design is changed; checks and review begin anew."),
        _on(V.START, S.READY, S.RUNNING, (P.OWNER,), "Units are assigned from now on, in the first epoch."),
        _on(V.REALLOCATE, S.RUNNING, S.RUNNING, (P.OWNER, P.AWAYTEAM), "Other shares or more traffic: a new epoch begins."),
        _on(V.STOP, S.RUNNING, S.STOPPED, (P.OWNER, P.AWAYTEAM, P.CLOCK), "Nobody new is assigned; everybody sees the control, and the decider has the turn."),
        _on(V.DECIDE, S.STOPPED, S.DECIDED, (P.DECIDER, P.MANAGER), "Ship, don't ship, discuss or invalid; against the rule only in public."),
        _on(V.CLEAN_UP, S.DECIDED, S.CLEANED_UP, (P.OWNER,), "The flag and the losing code are gone."),
        _on(V.WITHDRAW, (S.DRAFT, S.CHECKED, S.IN_REVIEW, S.READY), S.WITHDRAWN, (P.OWNER,), "It won't be run."),
        _on(V.EXPIRE, S.DRAFT, S.WITHDRAWN, (P.CLOCK,), "Nobody went on with the draft."),
        _on(V.EXPIRE, (S.CHECKED, S.READY), S.DRAFT, (P.CLOCK,), "What was checked is too old to rely on."),
        _on(V.EXPIRE, S.IN_REVIEW, S.IN_REVIEW, (P.CLOCK,), "The review still runs; its own clocks see to it."),
        _on(V.EXPIRE, S.STOPPED, S.STOPPED, (P.CLOCK,), "Nobody decided; a manager is asked."),
        _on(V.EXPIRE, S.DECIDED, S.DECIDED, (P.CLOCK,), "The flag is still there; a manager is asked."),
    ),
)  # fmt: skip
