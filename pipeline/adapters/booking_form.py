"""The form of a booking: which keys there are and what each may hold; and how any such form is filled.

All keys may be absent here, so that the rest of a faulty file is still read; what is required stands in the schema and
is found missing by `pipeline.domain.booking`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.domain.booking import REQUIRED, Finding, Path, Record
from pipeline.domain.booking_draft import (
    DEFAULT_SLOT_MINUTES,
    BookingDraft,
    ChildDraft,
    ConsultationDraft,
    DiscussionDraft,
    ExclusionDraft,
    HouseholdDraft,
    PersonDraft,
    PreviousDraft,
    ProtectedDraft,
    SessionDraft,
)
from pipeline.domain.opaque import ID_PATTERN, REFERENCE_PATTERN
from pipeline.domain.people import Advocacy, Category, ConferenceType, Decided, DetailKind, ExcludedFrom, Role
from pipeline.domain.written import EMAIL_PATTERN, LONGEST, tidied

Draft = TypeVar("Draft")
Form = TypeVar("Form", bound=BaseModel)
_LOCAL_TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$"
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(value: object) -> date:
    """Takes a TOML local date, or YYYY-MM-DD in quotes."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "must be a day that exists, written YYYY-MM-DD")


def _wall_time(value: object) -> object:
    """Writes a TOML date or time as text, so that one function judges both spellings."""
    return value.isoformat() if isinstance(value, date) else value


def _limits(field: str, *, least: int = 1, **schema: Any) -> Any:
    """Returns the limits of a text for the schema; the domain judges them, in better words."""
    return Field(json_schema_extra={"minLength": least, "maxLength": LONGEST[field], **schema})


Id = Annotated[str, Field(pattern=ID_PATTERN)]
Day = Annotated[date, BeforeValidator(_day)]
WallTime = Annotated[str, BeforeValidator(_wall_time), Field(json_schema_extra={"pattern": _LOCAL_TIME_PATTERN})]
Tidy = AfterValidator(tidied)
ABSENT: Any = None


def _required(draft: type[Record], *more: str, **schema: Any) -> ConfigDict:
    """Returns the strictness of every table, with what the table must say put into its schema."""
    extra = {"required": [*REQUIRED[draft], *more], **schema}
    return ConfigDict(strict=True, extra="forbid", json_schema_extra=extra)


class ChildForm(BaseModel):
    """A child of the conference."""

    model_config = _required(ChildDraft, oneOf=[{"required": ["born_on"]}, {"required": ["due_on"]}])

    id: Id = Field(ABSENT, description="opaque: no word of anybody's name; it goes into keys and logs")
    name: Annotated[str, Tidy, _limits("name")] = Field(ABSENT)
    born_on: Day = Field(ABSENT)
    due_on: Day = Field(ABSENT, description="of a child not yet born, instead of born_on")
    wants_to_speak: bool = Field(ABSENT, description="the child wants to speak with the chair or attend")
    advocacy: Annotated[Advocacy, Field(strict=False)] = Field(ABSENT, description="of an independent advocate")
    seen_alone_on: Day = Field(ABSENT, description="when the child was seen alone in the section 47 enquiry")
    seen_alone_because: Annotated[str, Tidy, _limits("because")] = Field(ABSENT, description="why the child was not")
    advocacy_consent: bool = Field(ABSENT, description="the parents' consent to an advocate; beside advocacy")
    school: Annotated[str, Tidy, _limits("school")] = Field(ABSENT, description="for the team; no document prints it")
    gp: Annotated[str, Tidy, _limits("gp")] = Field(ABSENT, description="for the team; no document prints it")
    gender: Annotated[str, Tidy, _limits("gender")] = Field(ABSENT, description="for the team, as what follows")
    ethnicity: Annotated[str, Tidy, _limits("ethnicity")] = Field(ABSENT)
    language: Annotated[str, Tidy, _limits("language")] = Field(ABSENT)
    disability: Annotated[str, Tidy, _limits("disability")] = Field(ABSENT)
    home_address: Annotated[str, Tidy, _limits("home_address")] = Field(
        ABSENT, description="to keep it from somebody, name it under protected as well"
    )


class HouseholdForm(BaseModel):
    """Somebody who lives with the children, or another child of theirs, and is not of the conference."""

    model_config = _required(HouseholdDraft)

    name: Annotated[str, Tidy, _limits("name")] = Field(ABSENT)
    relationship: Annotated[str, Tidy, _limits("relationship")] = Field(ABSENT)
    born_on: Day = Field(ABSENT)


class PersonForm(BaseModel):
    """Somebody of the conference, professional or family."""

    model_config = _required(PersonDraft)

    id: Id = Field(ABSENT, description="opaque: no word of anybody's name; it goes into keys and logs")
    name: Annotated[str, Tidy, _limits("name")] = Field(ABSENT)
    role: Annotated[Role, Field(strict=False)] = Field(ABSENT)
    agency: Annotated[str, Tidy, _limits("agency")] = Field(ABSENT)
    email: Annotated[str, _limits("email", pattern=EMAIL_PATTERN)] = Field(ABSENT)
    phone: Annotated[str, Tidy, _limits("phone")] = Field(ABSENT)
    asked_for_report: bool = Field(ABSENT, description="default false; never for family or the chair")
    resident: bool = Field(ABSENT)
    parental_responsibility: bool = Field(ABSENT)
    large_print: bool = Field(ABSENT, description="default false; what we write for them is in letters of 18 pt")
    children: Annotated[list[Id], Field(max_length=30, json_schema_extra={"minItems": 1, "uniqueItems": True})] = Field(
        ABSENT,
        description="ids of the children the person has a role for; family must state it beside several children",
    )
    include: bool = Field(ABSENT, description="family only: the decision to include them; false: nothing goes to them")
    include_because: Annotated[str, Tidy, _limits("because")] = Field(ABSENT, description="needed where include is false")
    interpreter: Annotated[str, Tidy, _limits("interpreter")] = Field(ABSENT, description="a language, or BSL")
    access_needs: Annotated[str, Tidy, _limits("access_needs")] = Field(ABSENT)
    relationship: Annotated[str, Tidy, _limits("relationship")] = Field(ABSENT, description="for the team, as what follows")
    born_on: Day = Field(ABSENT)
    risk_to_staff: Annotated[str, Tidy, _limits("risk_to_staff")] = Field(ABSENT)
    orders: Annotated[str, Tidy, _limits("orders")] = Field(ABSENT, description="bail, injunctions, court orders")
    lead_email: Annotated[str, _limits("email", pattern=EMAIL_PATTERN)] = Field(
        ABSENT, description="agencies only: the safeguarding lead, who is told of a second reminder"
    )
    safe_contact: Annotated[str, Tidy, _limits("safe_contact")] = Field(
        ABSENT, description="who else reads the mail or phone, safe times, whether paper is preferred"
    )


class DiscussionForm(BaseModel):
    """A strategy discussion before the conference."""

    model_config = _required(DiscussionDraft)

    at: WallTime = Field(ABSENT, description="local time, Europe/London, without offset")
    initiated_s47: bool = Field(ABSENT, description="true for the one that began the section 47 enquiry")


class PreviousForm(BaseModel):
    """The conference before this one, for a case already running."""

    model_config = _required(PreviousDraft)

    type: Annotated[ConferenceType, Field(strict=False)] = Field(ABSENT)
    held_on: Day = Field(ABSENT)
    plan_since: Day = Field(ABSENT)


class ExclusionForm(BaseModel):
    """The chair's decision that a person does not attend or receive something."""

    model_config = _required(ExclusionDraft)

    person: Id = Field(ABSENT)
    from_: Annotated[
        list[Annotated[ExcludedFrom, Field(strict=False)]],
        Field(max_length=10, json_schema_extra={"minItems": 1, "uniqueItems": True}),
    ] = Field(ABSENT, alias="from")
    because: Annotated[str, Tidy, _limits("because")] = Field(ABSENT)
    decided_by: Annotated[str, Tidy, _limits("decided_by")] = Field(ABSENT)


class ProtectedForm(BaseModel):
    """A detail that must not reach the named people in any document."""

    model_config = _required(ProtectedDraft)

    detail: Annotated[str, Tidy, _limits("detail", least=3)] = Field(ABSENT)
    kind: Annotated[DetailKind, Field(strict=False)] = Field(ABSENT, description="default other")
    from_: Annotated[list[Id], Field(max_length=200, json_schema_extra={"minItems": 1, "uniqueItems": True})] = Field(
        ABSENT, alias="from", description="ids of people; always an array"
    )


class SessionForm(BaseModel):
    """One part of a split conference, with its own people."""

    model_config = _required(SessionDraft)

    name: Annotated[str, Tidy, _limits("name")] = Field(ABSENT)
    start: WallTime = Field(ABSENT, description="local time, Europe/London, without offset, not before the conference's day")
    people: Annotated[list[Id], Field(max_length=200, json_schema_extra={"minItems": 1, "uniqueItems": True})] = Field(
        ABSENT, description="ids of people"
    )


class ConsultationForm(BaseModel):
    """A consultation or threshold discussion before the booking; each step whole or not at all."""

    model_config = _required(ConsultationDraft)

    requested_at: WallTime = Field(ABSENT)
    requested_by: Annotated[str, Tidy, _limits("decided_by")] = Field(ABSENT)
    held_at: WallTime = Field(ABSENT)
    held_by: Annotated[str, Tidy, _limits("decided_by")] = Field(ABSENT)
    recommends: Annotated[str, Tidy, _limits("because")] = Field(ABSENT, description="what the chair recommended")
    recommends_because: Annotated[str, Tidy, _limits("because")] = Field(ABSENT)
    decided_at: WallTime = Field(ABSENT)
    decided_by: Annotated[str, Tidy, _limits("decided_by")] = Field(ABSENT, description="the manager")
    decision: Annotated[Decided, Field(strict=False)] = Field(ABSENT)
    decided_because: Annotated[str, Tidy, _limits("because")] = Field(ABSENT)


class BookingForm(BaseModel):
    """A booking of a child protection conference, as `packs convene` takes it in TOML or JSON."""

    model_config = _required(BookingDraft, "child", "person")

    profile: Annotated[str, Field(max_length=80)] = Field(ABSENT, description="one of `packs profiles`")
    type: Annotated[ConferenceType, Field(strict=False)] = Field(ABSENT)
    start: WallTime = Field(ABSENT, description="local time, Europe/London, without offset")
    slot_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(ABSENT, description=f"default {DEFAULT_SLOT_MINUTES}")
    reference: Annotated[str, Field(pattern=REFERENCE_PATTERN)] = Field(
        ABSENT, description="opaque: no word of anybody's name; given out where it is left out"
    )
    mode: Annotated[str, Tidy, _limits("mode")] = Field(ABSENT)
    strategy_discussion: list[DiscussionForm] = Field([], max_length=50)
    child: list[ChildForm] = Field([], max_length=30, json_schema_extra={"minItems": 1})
    person: list[PersonForm] = Field(
        [],
        max_length=200,
        json_schema_extra={
            "contains": {"properties": {"role": {"const": "chair"}}, "required": ["role"]},
            "minContains": 1,
            "maxContains": 1,
        },
    )
    previous: PreviousForm = Field(ABSENT)
    exclusion: list[ExclusionForm] = Field([], max_length=200)
    protected: list[ProtectedForm] = Field([], max_length=200)
    service: Annotated[str, Tidy, _limits("service")] = Field(ABSENT, description="the family's service: assessment …")
    limit_because: Annotated[str, Tidy, _limits("because")] = Field(
        ABSENT, description="a manager's reason for a date past the limit; with limit_by"
    )
    limit_by: Annotated[str, Tidy, _limits("decided_by")] = Field(ABSENT)
    split: list[SessionForm] = Field([], max_length=10)
    confidential_slot: WallTime = Field(ABSENT, description="local time, before the family joins")
    child_care: Annotated[str, Tidy, _limits("child_care")] = Field(ABSENT)
    safety_plan_made: bool = Field(ABSENT)
    minute_taker: Annotated[str, Tidy, _limits("decided_by")] = Field(ABSENT)
    consultation: ConsultationForm = Field(ABSENT)
    s47_because: Annotated[str, Tidy, _limits("because")] = Field(ABSENT, description="why the enquiry was made")
    category_considered: Annotated[Category, Field(strict=False)] = Field(ABSENT)
    household: list[HouseholdForm] = Field([], max_length=50)
    confidential_section_expected: bool = Field(ABSENT, description="an agency may ask for one; no request by itself")


_FORMS: dict[str, type[BaseModel]] = {
    "strategy_discussion": DiscussionForm,
    "child": ChildForm,
    "person": PersonForm,
    "previous": PreviousForm,
    "exclusion": ExclusionForm,
    "protected": ProtectedForm,
    "split": SessionForm,
    "household": HouseholdForm,
    "consultation": ConsultationForm,
}
_TYPE_RULES = {
    "string_type": "must be text in quotes",
    "string_unicode": "holds characters that are no text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "list_type": 'must be an array, such as ["..."]',
    "model_type": "must be a table of keys and values",
}


def booking_draft(untrusted: Mapping[str, Any]) -> tuple[BookingDraft, list[Finding]]:
    """Returns what could be read of a booking, and what is wrong with the keys and types of the rest."""
    form, found = filled(BookingForm, untrusted)
    return (
        _draft(
            BookingDraft,
            form,
            strategy_discussion=tuple(_draft(DiscussionDraft, part) for part in form.strategy_discussion),
            child=tuple(_draft(ChildDraft, part) for part in form.child),
            person=tuple(_draft(PersonDraft, part) for part in form.person),
            previous=form.previous and _draft(PreviousDraft, form.previous),
            exclusion=tuple(_draft(ExclusionDraft, part) for part in form.exclusion),
            protected=tuple(_draft(ProtectedDraft, part) for part in form.protected),
            split=tuple(_draft(SessionDraft, part) for part in form.split),
            household=tuple(_draft(HouseholdDraft, part) for part in form.household),
            consultation=form.consultation and _draft(ConsultationDraft, form.consultation),
        ),
        found,
    )


def person_draft(untrusted: Mapping[str, Any]) -> tuple[PersonDraft, list[Finding]]:
    """Returns what could be read of one person, and what is wrong with the keys and types of the rest."""
    form, found = filled(PersonForm, untrusted)
    return _draft(PersonDraft, form), found


def booking_schema() -> dict[str, Any]:
    """Returns the JSON schema (draft 2020-12) of a booking."""
    return schema_of(BookingForm)


def schema_of(form: type[BaseModel]) -> dict[str, Any]:
    """Returns the JSON schema (draft 2020-12) of a form."""
    schema = form.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_without_empty_defaults(schema)}


def _without_empty_defaults(schema: Any) -> Any:
    """Returns the schema without the titles and the null defaults of keys that are left out."""
    if isinstance(schema, list):
        return [_without_empty_defaults(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_empty_defaults(part) for name, part in value.items()}
        if key in {"properties", "$defs"}
        else _without_empty_defaults(value)
        for key, value in schema.items()
        if not (key == "default" and value is None) and not (key == "title" and isinstance(value, str))
    }


def as_draft(draft: type[Draft], form: BaseModel, **parts: Any) -> Draft:
    """Returns the form's values as a draft of the domain; `parts` stand for those that are tables of their own."""
    plain: dict[str, Any] = {
        field.name: getattr(form, field.name) for field in fields(cast(Any, draft)) if field.name not in parts
    }
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    return draft(**values, **parts)


_draft = as_draft


def filled(
    form: type[Form], untrusted: Mapping[str, Any], tables: Mapping[str, type[BaseModel]] = _FORMS
) -> tuple[Form, list[Finding]]:
    """Returns the form filled with whatever has the right key and type, and findings about all else.

    `tables` are the forms of the tables in it, lists of tables but for those whose field is none. What is absent is None
    in the form, whatever the type of its field says; so it is only read by way of a draft.
    """
    untrusted = _without_nulls(untrusted)
    try:
        return form.model_validate(untrusted), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    listed = frozenset(name for name in tables if name in form.model_fields and form.model_fields[name].default == [])
    found = [Finding(path=detail["loc"], message=_message(form, detail, tables, listed)) for detail in details]
    return form.model_validate(_without(untrusted, [detail["loc"] for detail in details], tables, listed)), found


def _without(
    untrusted: Mapping[str, Any], paths: Iterable[Path], tables: Collection[str], listed: Collection[str]
) -> dict[str, Any]:
    """Returns the tables without the values at these paths; an entry that is no table becomes an empty one."""
    kept = {key: _copied(value) for key, value in untrusted.items()}
    for path in paths:
        match path:
            case (str(table), int(index), str(key), *_) if table in listed:
                kept[table][index].pop(key, None)
            case (str(table), int(index)) if table in listed:
                kept[table][index] = {}
            case (str(table), str(key), *_) if table in tables:
                kept[table].pop(key, None)
            case (key, *_):
                kept.pop(str(key), None)
    return kept


def _without_nulls(untrusted: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the tables without the keys whose value is JSON's null, which is as good as nothing."""
    return {
        key: {name: part for name, part in value.items() if part is not None}
        if isinstance(value, dict)
        else [_without_nulls(part) if isinstance(part, dict) else part for part in value]
        if isinstance(value, list)
        else value
        for key, value in untrusted.items()
        if value is not None
    }


def _copied(value: Any) -> Any:
    """Returns a table, or a list of tables, that may be changed without changing the one given."""
    if isinstance(value, dict):
        return dict(value)
    return [dict(part) if isinstance(part, dict) else part for part in value] if isinstance(value, list) else value


def _message(
    form: type[BaseModel], detail: ErrorDetails, tables: Mapping[str, type[BaseModel]], listed: Collection[str]
) -> str:
    """Returns the rule that was broken, without the value that broke it."""
    match detail["type"]:
        case "extra_forbidden":
            return f"is not a known key; known here: {', '.join(_known_keys(form, detail['loc'], tables))}"
        case "string_pattern_mismatch":
            if detail["loc"][-1] == "reference":
                return "must be 3 to 40 letters, digits or '-', beginning with a letter or digit"
            return "must be 1 to 40 letters, digits, '.', '_' or '-', beginning with a letter or digit"
        case "enum":
            return f"must be one of: {detail['ctx']['expected']}"
        case "day":
            return detail["msg"]
        case "list_type" if detail["loc"][-1] in listed:
            return f"must be a list of tables, each beginning with [[{detail['loc'][-1]}]]"
        case "greater_than_equal" | "less_than_equal":
            return "must be from 1 to 1440 minutes"
        case "too_long":
            return f"has more than {detail['ctx']['max_length']} entries"
        case "string_too_long":
            return f"is longer than {detail['ctx']['max_length']} characters"
        case kind:
            return _TYPE_RULES.get(kind, "is not a value that can be used here")


def _known_keys(form: type[BaseModel], path: Path, tables: Mapping[str, type[BaseModel]]) -> list[str]:
    """Returns the keys of the table that the last step of the path lies in."""
    table = tables.get(str(path[0]), form) if len(path) > 1 else form
    return [field.alias or name for name, field in table.model_fields.items()]
