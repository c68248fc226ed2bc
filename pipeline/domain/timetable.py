"""Every due instant of a conference, each with its rule, its reading in words, and where the words come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from pipeline.domain.acting import Known
from pipeline.domain.calendar import Calendar, local_text, parse_local, spoken, spoken_day, to_local, utc_text
from pipeline.domain.deadline import due_instant
from pipeline.domain.people import Booking, ConferenceType
from pipeline.domain.profile import ALSO_CALLED, Direction, Profile, Rule, Trigger
from pipeline.domain.reading import in_words
from pipeline.errors import ProfileProblemError

NO_OFFICE_TIME = "no office time before this: arrange cover"
ONLY_WITH_PLAN = "only for a child made or kept subject to a plan"
TWO_TEXTS = "the source says two things: prompted at the earlier instant, breached at the later"
PROVISIONAL = "provisional: the bank holidays of these days have not been announced yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherReading:
    """What another reading of the same words gives; shown beside ours, never a verdict."""

    reading: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a rule's duty falls due. Instants are UTC, whole seconds; meeting `due_at` exactly is in time (R6).

    `office_due` is the last office moment at or before it and `hold_by` that moment's day: the day to do it on; both
    are None where an after-rule leaves no office time since its trigger, and the duty is then due at once (A00.6).
    `provisional`: a day between trigger and due lies outside the announced bank holidays. Where the source says two
    things of one duty, `contradicts` names the other rule, people are prompted at `prompt_at`, the earlier of the two
    instants, and the duty is breached after `breach_at`, the later; else those are None. `until_at`: the second instant
    of a rule between two.
    """

    rule: str
    what: str
    who: str
    duty: str
    unit: str
    trigger: str
    trigger_at: datetime
    due_at: datetime
    office_due: datetime | None
    hold_by: date | None
    reading: str
    source: str
    default: bool
    provisional: bool
    alternatives: tuple[OtherReading, ...] = ()
    until_at: datetime | None = None
    contradicts: str = ""
    prompt_at: datetime | None = None
    breach_at: datetime | None = None
    warnings: tuple[str, ...] = ()

    @property
    def due_local(self) -> str:
        """London wall time, YYYY-MM-DDTHH:MM:SS."""
        return local_text(self.due_at)

    @property
    def office_due_local(self) -> str | None:
        """London wall time of the last office moment, or None."""
        return local_text(self.office_due) if self.office_due is not None else None

    def as_json(self) -> dict[str, object]:
        """Returns the contract of `packs due --json` and `packs timetable --json`."""
        return {
            "rule": self.rule,
            "what": self.what,
            "who": self.who,
            "due_at": utc_text(self.due_at),
            "due_local": self.due_local,
            "office_due_local": self.office_due_local,
            "reading": self.reading,
            "source": self.source,
            "default": self.default,
            "trigger": self.trigger,
            "duty": self.duty,
            "unit": self.unit,
            "hold_by": self.hold_by.isoformat() if self.hold_by is not None else None,
            "provisional": self.provisional,
            "until_local": _local(self.until_at),
            "contradicts": self.contradicts or None,
            "prompt_local": _local(self.prompt_at),
            "breach_local": _local(self.breach_at),
            "alternatives": [
                {"reading": one.reading, "due_at": utc_text(one.due_at), "due_local": local_text(one.due_at)}
                for one in self.alternatives
            ],
            "warnings": list(self.warnings),
        }


def _local(at: datetime | None) -> str | None:
    return local_text(at) if at is not None else None


def due(rule: Rule, trigger_at: datetime, calendar: Calendar, until_at: datetime | None = None) -> Due:
    """Returns when the rule's duty is due for a trigger at that instant (UTC), and a second one where it needs that.

    Raises:
        ProfileProblemError: the rule lies between two instants, and the second is not given or not the later.

    Source: domain.md A0 R1-R6, R9, A00.6.
    """
    trigger_at = to_local(trigger_at).astimezone(UTC)
    due_at = due_instant(rule, rule.direction, trigger_at, calendar, until_at)
    is_after = rule.direction is Direction.AFTER
    office_due = calendar.office_due(due_at, after=trigger_at if is_after else None)
    hold_by = to_local(office_due).date() if office_due is not None else None
    days = [to_local(at).date() for at in (trigger_at, due_at, office_due) if at is not None]
    provisional = not calendar.knows_all(*days)
    remarks = [in_words(rule)]
    if rule.reading:
        remarks.append(rule.reading)
    if rule.only_with_plan:
        remarks.append(ONLY_WITH_PLAN)
    if rule.when:
        remarks.append(f"only where {' and '.join(one.words for one in rule.when)}")
    if rule.contradicts:
        remarks.append(TWO_TEXTS)
    if office_due is None:
        remarks.append(NO_OFFICE_TIME)
    if provisional:
        remarks.append(PROVISIONAL)
    return Due(
        rule=rule.id,
        what=rule.what,
        who=rule.who,
        duty=rule.duty,
        unit=rule.unit.value,
        trigger=rule.trigger.value,
        trigger_at=trigger_at,
        due_at=due_at,
        office_due=office_due,
        hold_by=hold_by,
        reading="; ".join(remarks),
        source=rule.source_text,
        default=rule.is_default,
        provisional=provisional,
        alternatives=tuple(
            OtherReading(reading=other.reading, due_at=due_instant(other, rule.direction, trigger_at, calendar))
            for other in rule.alternatives
        ),
        until_at=until_at if rule.until is not None else None,
        contradicts=rule.contradicts,
    )


def _answered(
    rules: Iterable[tuple[Rule, datetime, datetime | None]], profile: Profile, type_: ConferenceType, calendar: Calendar
) -> list[Due]:
    return [
        _with_both_texts(due(rule, at, calendar, until_at), rule, profile, type_, calendar)
        for rule, at, until_at in rules
    ]


def _with_both_texts(one: Due, rule: Rule, profile: Profile, type_: ConferenceType, calendar: Calendar) -> Due:
    on = to_local(one.trigger_at).date()
    warning = profile.review_warning(on)
    one = replace(one, warnings=(warning,) if warning is not None else ())
    others = [
        due(other, one.trigger_at, calendar).due_at
        for other in profile.rules_with_id(rule.contradicts)
        if other.trigger is rule.trigger and type_ in other.conference_types and other.is_in_force(on)
    ]
    if not others:
        return one
    instants = [one.due_at, *others]
    return replace(one, prompt_at=min(instants), breach_at=max(instants))


def triggers_of(booking: Booking) -> dict[Trigger, datetime]:
    """Returns the instants (UTC) that a booking tells: start, planned end, and the strategy discussions where present.

    The decision falls back to the planned end, as R7 has it. The section 47 discussion is the earliest one marked so,
    or the only one there is; with several and none marked it is not known and left out.

    Source: domain.md R7, IRS-2, BAD-1.
    """
    ends_at = booking.start_at + timedelta(minutes=booking.slot_minutes)
    found = {
        Trigger.CONFERENCE_START: booking.start_at,
        Trigger.CONFERENCE_END: ends_at,
        Trigger.DECISION: ends_at,
    }
    held = sorted(discussion.at for discussion in booking.strategy_discussions)
    initiated = sorted(discussion.at for discussion in booking.strategy_discussions if discussion.initiated_s47)
    if held:
        found[Trigger.FIRST_STRATEGY_DISCUSSION] = held[0]
    if initiated or len(held) == 1:
        found[Trigger.S47_DISCUSSION] = (initiated or held)[0]
    return found


def conference_timetable(
    booking: Booking,
    profile: Profile,
    calendar: Calendar,
    *,
    recorded: Mapping[Trigger, datetime] | None = None,
    known: Mapping[str, Known] | None = None,
) -> list[Due]:
    """Returns every due of the conference whose trigger is known, soonest first.

    `recorded` holds what has since been recorded (end, decision, notice sent ...) and wins over the booking; a
    recorded end moves the decision too where no decision time is recorded. Rules are those in force on the day of the
    start. A rule that only holds for certain cases, or with a plan, is left out where `known` says that this is another one.
    """
    told = dict(recorded or {})
    if Trigger.CONFERENCE_END in told:
        told.setdefault(Trigger.DECISION, told[Trigger.CONFERENCE_END])
    instants = triggers_of(booking) | told
    on = to_local(booking.start_at).date()
    applying = [
        (rule, instants[rule.trigger], instants[rule.until] if rule.until is not None else None)
        for rule in profile.rules
        if rule.trigger in instants
        and (rule.until is None or (rule.until in instants and instants[rule.until] > instants[rule.trigger]))
        and booking.type in rule.conference_types
        and rule.is_in_force(on)
        and rule.fits(instants[rule.trigger])
        and not (rule.only_with_plan and known is not None and known.get("plan-made") is False)
        and not any(condition.fails(known or {}) for condition in rule.when)
    ]
    dues = _answered(applying, profile, booking.type, calendar)
    return sorted(dues, key=lambda one: (one.due_at, one.rule, one.duty))


def due_for(
    profile: Profile,
    type_: ConferenceType,
    rule_id: str,
    at_local_text: str,
    calendar: Calendar,
    *,
    trigger: str | None = None,
    until_local_text: str | None = None,
) -> list[Due]:
    """Returns the dues of one rule for its own trigger at that London wall time; several where it has several triggers.

    `trigger` picks the one of that name (or of an everyday name for it).

    Raises:
        LocalTimeError: a time is not a local time.
        ProfileProblemError: no such rule, a rule without a time, another conference type, trigger or time of day than the
            rule speaks of, not in force on that day, or a second instant that is missing, too early or not needed.
    """
    trigger_at = parse_local(at_local_text)
    until_at = parse_local(until_local_text) if until_local_text is not None else None
    in_force = _in_force(profile, type_, rule_id, to_local(trigger_at).date())
    asked = _of_trigger(profile, in_force, trigger) if trigger is not None else in_force
    fitting = [rule for rule in asked if rule.fits(trigger_at)]
    if not fitting:
        raise ProfileProblemError(
            f"Rule {rule_id} of {profile.name} does not speak of a trigger at {spoken(trigger_at)}, only of those "
            f"{_windows(asked)}."
        )
    between = [rule for rule in fitting if rule.until is not None]
    if until_at is not None and not between:
        raise ProfileProblemError(f"Rule {rule_id} of {profile.name} has one trigger: ask without --until.")
    if until_at is None and between:
        raise ProfileProblemError(
            f"Rule {rule_id} of {profile.name} lies between two instants: give the second ({between[0].until}) with "
            "--until LOCAL."
        )
    found = _answered(((rule, trigger_at, until_at) for rule in fitting), profile, type_, calendar)
    return sorted(found, key=lambda one: (one.due_at, one.trigger))


def _in_force(profile: Profile, type_: ConferenceType, rule_id: str, on: date) -> list[Rule]:
    named = profile.rules_with_id(rule_id)
    if not named:
        if any(statement.id == rule_id for statement in profile.statements):
            raise ProfileProblemError(
                f"Rule {rule_id} of {profile.name} states no time, so it has no due instant. "
                f"{_timed_rules(profile, type_)}"
            )
        ids = [*(one.id for one in profile.rules), *(one.id for one in profile.statements)]
        meant = next((one for one in ids if one.casefold() == rule_id.casefold()), None)
        hint = f" Did you mean {meant}?" if meant is not None else ""
        raise ProfileProblemError(f"The profile {profile.name} has no rule of that id.{hint} {_timed_rules(profile, type_)}")
    of_type = [rule for rule in named if type_ in rule.conference_types]
    if not of_type:
        types = sorted({one.value for rule in named for one in rule.conference_types})
        raise ProfileProblemError(
            f"Rule {rule_id} of {profile.name} says nothing of conferences of type {type_.value}, only of: "
            f"{', '.join(types)}. {_timed_rules(profile, type_)}"
        )
    in_force = [rule for rule in of_type if rule.is_in_force(on)]
    if not in_force:
        raise ProfileProblemError(
            f"Rule {rule_id} of {profile.name} is not in force on {spoken_day(on)}; it is {_dates(of_type)}."
        )
    return in_force


def _of_trigger(profile: Profile, rules: list[Rule], name: str) -> list[Rule]:
    word = "-".join(name.casefold().replace("_", " ").replace("-", " ").split())
    meant = ALSO_CALLED.get(word, frozenset()) | {one for one in Trigger if one.value == word}
    found = [rule for rule in rules if rule.trigger in meant]
    if not found:
        known = ", ".join(sorted({rule.trigger.value for rule in rules}))
        raise ProfileProblemError(
            f"Rule {rules[0].id} of {profile.name} has no such trigger (--trigger), only: {known}."
        )
    return found


def _windows(rules: list[Rule]) -> str:
    spans = []
    for rule in rules:
        start = f"from {rule.trigger_from:%H:%M}" if rule.trigger_from is not None else ""
        end = f"before {rule.trigger_before:%H:%M}" if rule.trigger_before is not None else ""
        spans.append(f"{start} {end}".strip())
    return " or ".join(dict.fromkeys(spans))


def _timed_rules(profile: Profile, type_: ConferenceType) -> str:
    ids = dict.fromkeys(rule.id for rule in profile.rules if type_ in rule.conference_types)
    return f"Timed rules for type {type_.value}: {', '.join(ids) or 'none'}."


def _dates(rules: list[Rule]) -> str:
    spans = []
    for rule in rules:
        start = f"from {spoken_day(rule.effective_from)}" if rule.effective_from is not None else "from the beginning"
        spans.append(
            start + (f" to {spoken_day(rule.effective_to)}" if rule.effective_to is not None else " without end")
        )
    return "; ".join(dict.fromkeys(spans))
