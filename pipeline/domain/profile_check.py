"""What `packs profiles check` asks beyond reading: every example comes out, and every quote stands on its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set

from pipeline.domain.acting import Verb, acts_at
from pipeline.domain.calendar import Calendar, local_text, parse_local, to_local
from pipeline.domain.profile import NO_OFFICE, AudienceRule, DocumentRule, DueExample, Profile, Rule, Statement
from pipeline.domain.timetable import due
from pipeline.errors import Problem, ProfileProblemError


def failed_examples(profile: Profile, calendar: Calendar) -> tuple[Problem, ...]:
    """Returns every example that does not come out, and every rule without one, with the line of its table."""
    problems: list[tuple[Rule | Statement, str]] = []
    for rule in profile.rules:
        said = [_due_failure(rule, example, calendar) for example in rule.examples]
        if not rule.examples:
            said.append("has no worked example (examples = [{ at = …, due = … }])")
        problems += [(rule, sentence) for sentence in (*said, *_case_failures(rule)) if sentence]
    for statement in profile.statements:
        cases = list(_case_failures(statement))
        if not statement.cases:
            cases.append("has no case (cases = [{ case = …, where = …, given = { … }, expect = [ … ] }])")
        problems += [(statement, sentence) for sentence in cases]
    problems += [(one, "says nothing of what software does (acts)") for one in entries(profile) if not one.acts]
    return tuple(Problem(line=one.file_line, where=one.id, message=sentence) for one, sentence in problems)


def examples_of(profile: Profile) -> int:
    """Returns how many examples the profile holds."""
    return sum(len(rule.examples) for rule in profile.rules) + sum(len(one.cases) for one in entries(profile))


def entries(profile: Profile) -> tuple[Rule | Statement, ...]:
    """Returns every rule with an id to look up, timed or not, in the file's order."""
    return tuple(sorted((*profile.rules, *profile.statements), key=lambda one: one.file_line))


def quote_problems(profile: Profile, sources: Mapping[str, Sequence[str]]) -> tuple[Problem, ...]:
    """Returns what is quoted but does not stand on its line; documents that are not among `sources` are passed over.

    Apostrophes and white space are compared as one kind.
    """
    problems = []
    cited: tuple[Rule | Statement | AudienceRule | DocumentRule, ...] = (
        *profile.rules,
        *profile.statements,
        *profile.audience,
        *profile.documents,
    )
    for one in cited:
        lines = sources.get(one.source)
        if lines is None:
            continue
        at = one.source_line
        if not 1 <= at <= len(lines) or _plain(one.quote) not in _plain(lines[at - 1]):
            line = 0 if isinstance(one, AudienceRule) else one.file_line
            problems.append(
                Problem(line=line, where=one.id, message=f"its quote does not stand on line {at} of the source")
            )
    return tuple(problems)


def _due_failure(rule: Rule, example: DueExample, calendar: Calendar) -> str:
    at = parse_local(example.at)
    if not rule.is_in_force(to_local(at).date()) or not rule.fits(at):
        return f"does not speak of its own example at {example.at}"
    if example.type is not None and example.type not in rule.conference_types:
        return f"does not speak of its own example of type {example.type.value}"
    try:
        found = due(rule, at, calendar, parse_local(example.until) if example.until else None)
    except ProfileProblemError as error:
        return f"its example at {example.at} cannot be counted: {error}"
    pairs = [("due", local_text(parse_local(example.due)), found.due_local)]
    if example.office:
        office = NO_OFFICE if example.office == NO_OFFICE else _whole(example.office)
        pairs.append(("the last office moment", office, found.office_due_local or NO_OFFICE))
    if example.others:
        others = ", ".join(local_text(one.due_at) for one in found.alternatives)
        pairs.append(("the other readings", ", ".join(_whole(one) for one in example.others), others))
    wrong = [f"{what} should be {should}, is {is_}" for what, should, is_ in pairs if should != is_]
    return f"its example at {example.at}: {'; '.join(wrong)}" if wrong else ""


def _whole(local: str) -> str:
    return local_text(parse_local(local))


def _case_failures(one: Rule | Statement) -> Iterator[str]:
    for case in one.cases:
        found = {act.do for act in acts_at(one.acts, case.where, dict(case.given))}
        if found != case.expect:
            yield f"its case “{case.case}” should give {_verbs(case.expect)}, gives {_verbs(found)}"


def _verbs(verbs: Set[Verb]) -> str:
    return ", ".join(sorted(verbs)) or "nothing"


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'").replace("‘", "'")).strip()
