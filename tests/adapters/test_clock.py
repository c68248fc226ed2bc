"""The clocks tell whole seconds in UTC, and a rehearsal's stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.adapters.clock import RehearsalClock, SystemClock, real_now


def test_the_system_clock_drops_fractions_and_is_utc() -> None:
    """Its instant is at most a second before real time and never after it."""
    before, now, after = real_now(), SystemClock().now(), real_now()
    assert now.tzinfo is UTC
    assert now.microsecond == 0
    assert before - timedelta(seconds=1) < now <= after


def test_the_rehearsal_clock_stands_still_between_settings() -> None:
    """It tells what was set, at once after each setting, in UTC and whole seconds."""
    setting = datetime(2026, 12, 24, 9, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    clock = RehearsalClock(lambda: setting)
    assert clock.now() == clock.now() == datetime(2026, 12, 24, 8, 0, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    setting = setting + timedelta(days=400)
    assert clock.now() == datetime(2028, 1, 28, 8, 0, tzinfo=UTC)


def test_the_rehearsal_clock_tells_real_time_until_it_is_set() -> None:
    """A fresh rehearsal home works without a setting."""
    clock = RehearsalClock(lambda: None, lambda: datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC))
    assert clock.now() == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert abs(RehearsalClock(lambda: None).now() - real_now()) < timedelta(seconds=5)


def test_a_setting_without_a_zone_is_refused() -> None:
    """A naive instant would shift every deadline silently."""
    with pytest.raises(ValueError, match="zone"):
        RehearsalClock(lambda: datetime(2026, 1, 1)).now()
