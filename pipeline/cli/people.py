"""Commands about the people of a conference and their addresses."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import Because, By, PersonArgument, Reference, choice, listed, said, tell_also
from pipeline.domain.people import Person
from pipeline.errors import NotFoundError, RefusedError

Text = Annotated[str | None, typer.Option()]
Children = Annotated[list[str] | None, typer.Option(help="Ids of children; repeatable or with commas.")]
AskedForReport = Annotated[bool | None, typer.Option("--asked-for-report/--not-asked-for-report")]
Resident = Annotated[bool | None, typer.Option("--resident/--not-resident")]
Responsible = Annotated[bool | None, typer.Option("--parental-responsibility/--no-parental-responsibility")]
LargePrint = Annotated[bool | None, typer.Option("--large-print/--no-large-print")]
Include = Annotated[bool | None, typer.Option("--include/--not-include", help="The decision on family.")]
LeadEmail = Annotated[str | None, typer.Option(help="Agencies: their safeguarding lead, told of a second reminder.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    person = typer.Typer(help="Add or change a person of a conference.")
    person.command("add")(person_add)
    person.command("change")(person_change)
    app.add_typer(person, name="person")
    address = typer.Typer(help="Addresses: list, confirm, suspend.")
    address.command("list")(address_list)
    address.command("confirm")(address_confirm)
    address.command("suspend")(address_suspend)
    app.add_typer(address, name="address")


def _given(ctx: typer.Context) -> dict[str, str]:
    """What the command line says of the person: its options by their names."""
    said_of = {name: value for name, value in ctx.params.items() if name not in ("reference", "person")}
    return _fields(**{**said_of, "children": ",".join(listed(ctx.params["children"] or [])) or None})


def _fields(**given: Any) -> dict[str, str]:
    fields = {}
    for key, value in given.items():
        if value is not None:
            fields[key] = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return fields


def person_add(
    ctx: typer.Context,
    reference: Reference,
    person: Annotated[str | None, typer.Argument(metavar="[PERSON]")] = None,
    id: Text = None,
    name: Text = None,
    role: Text = None,
    agency: Text = None,
    email: Text = None,
    phone: Text = None,
    children: Children = None,
    asked_for_report: AskedForReport = None,
    resident: Resident = None,
    parental_responsibility: Responsible = None,
    large_print: LargePrint = None,
    include: Include = None,
    include_because: Text = None,
    interpreter: Text = None,
    access_needs: Text = None,
    relationship: Text = None,
    risk_to_staff: Text = None,
    orders: Text = None,
    safe_contact: Text = None,
    lead_email: LeadEmail = None,
) -> None:
    """Add a person to a conference."""
    from pipeline.bootstrap import opened, person_from_fields
    from pipeline.orders.people import add_person

    frame: Frame = ctx.obj
    fields = {**({"id": person} if person else {}), **_given(ctx)}
    with opened(frame.home) as house:
        booking = house.desk.casebook.conference(reference).booking
        made = person_from_fields(fields, booking.children)
        also = add_person(reference, made, house.actor(), house.desk)
    tell_also(also)
    show(frame, {"reference": reference, "person": made.id, "asked": also.asked}, lambda c: c.print(f"{made.id} added."))


def person_change(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    name: Text = None,
    role: Text = None,
    agency: Text = None,
    email: Text = None,
    phone: Text = None,
    children: Children = None,
    asked_for_report: AskedForReport = None,
    resident: Resident = None,
    parental_responsibility: Responsible = None,
    large_print: LargePrint = None,
    include: Include = None,
    include_because: Text = None,
    interpreter: Text = None,
    access_needs: Text = None,
    relationship: Text = None,
    risk_to_staff: Text = None,
    orders: Text = None,
    safe_contact: Text = None,
    lead_email: LeadEmail = None,
) -> None:
    """Change a person; another address is unconfirmed until somebody confirms it."""
    from pipeline.bootstrap import opened, person_from_fields
    from pipeline.flow import rejudge_all
    from pipeline.orders.people import change_person

    frame: Frame = ctx.obj
    given = _given(ctx)
    if not given:
        raise RefusedError("Name at least one thing to change. Nothing was changed.")
    with opened(frame.home) as house:
        conference = house.desk.casebook.conference(reference)
        before = next((p for p in conference.people.values() if p.id == person), None)
        if before is None:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
        merged = {**_written(before), **given}
        made = person_from_fields({k: v for k, v in merged.items() if v != ""}, conference.booking.children)
        also = change_person(reference, made, house.actor(), house.desk)
        rejudge_all(reference, house.desk)
    tell_also(also)
    show(frame, {"reference": reference, "person": person, "asked": also.asked}, lambda c: c.print(f"{person} changed."))


def _written(person: Person) -> dict[str, str]:
    return _fields(
        id=person.id, name=person.name, role=person.role.value, agency=person.agency, email=person.email,
        phone=person.phone, children=",".join(person.children), asked_for_report=person.asked_for_report,
        resident=person.resident, parental_responsibility=person.parental_responsibility, large_print=person.large_print,
        include=person.include,
        include_because=person.include_because, interpreter=person.interpreter, access_needs=person.access_needs,
        relationship=person.relationship, born_on=person.born_on, risk_to_staff=person.risk_to_staff,
        orders=person.orders, safe_contact=person.safe_contact, lead_email=person.lead_email,
    )  # fmt: skip


def address_list(ctx: typer.Context, reference: Reference) -> None:
    """The address of each person and its state."""
    from pipeline.bootstrap import opened
    from pipeline.domain.views import addresses_view

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        rows = addresses_view(house.desk.casebook.case(reference), house.desk.clock.now())
    show(
        frame,
        rows,
        lambda c: c.print(table(reference, ["person", "role", "address", "state", "method", "expires_at"], rows)),
    )


def address_confirm(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    method: Annotated[str, typer.Option("--method", help="phone, in-person, or (agencies only) reply.")],
    by: By,
    note: Annotated[str, typer.Option("--note", help="What was done: which number, whose, from where.")],
) -> None:
    """Confirm a person's address, after speaking with them."""
    from pipeline.bootstrap import opened
    from pipeline.domain.addresses import ConfirmationMethod
    from pipeline.orders.addresses import confirm

    frame: Frame = ctx.obj
    said(by=by, note=note)
    chosen = choice(ConfirmationMethod, method, "--method")
    with opened(frame.home) as house:
        confirm(reference, person, chosen, by, note, house.actor(by), house.desk)
    show(
        frame,
        {"reference": reference, "person": person, "state": "confirmed"},
        lambda c: c.print(f"The address of {person} is confirmed."),
    )


def address_suspend(
    ctx: typer.Context, reference: Reference, person: PersonArgument, because: Because, by: By
) -> None:
    """Suspend a person's address, wherever it is used: nothing goes to it until it is confirmed again."""
    from pipeline.bootstrap import opened
    from pipeline.orders.addresses import suspend

    frame: Frame = ctx.obj
    said(because=because, by=by)
    with opened(frame.home) as house:
        also = suspend(reference, person, because, by, house.actor(by), house.desk)
    tell_also(also)
    show(
        frame,
        {"reference": reference, "person": person, "state": "suspended", "also": also.done},
        lambda c: c.print(f"The address of {person} is suspended."),
    )
