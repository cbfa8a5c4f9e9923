"""Budgets: a browser's, an address's, everybody's; what holds where; refused in words with the seconds to wait."""

import pytest

from gan_core.errors import StudioError
from gan_core.ui import budget
from gan_core.ui.budget import ADDRESS, BUDGETS, MOST_BUCKETS, Budgets
from gan_core.ui.caller import Caller, address_of, calling


@pytest.fixture(autouse=True)
def space(monkeypatch):
    """A Space whose clock stands still until it is moved: clock(seconds)."""
    now = [1000.0]
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    monkeypatch.delenv(budget.VARIABLE, raising=False)
    monkeypatch.setattr(budget.time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


def spent(budgets: Budgets, kind: str, who: Caller, most: int = 10_000) -> int:
    """How often `who` may ask until it is refused."""
    for count in range(most):
        try:
            budgets.spend(kind, 1, who)
        except StudioError as error:
            assert error.facts["seconds"] > 0 and error.facts["kind"] == kind
            return count
    return most


def test_what_is_used_up_comes_back_with_time(space):
    budgets, ann = Budgets(), Caller("ann", "192.0.2.1")
    assert spent(budgets, "inversions", ann) == BUDGETS["inversions"].most
    with pytest.raises(StudioError, match="Try again in 60 s") as refused:
        budgets.spend("inversions", 1, ann)
    space(refused.value.facts["seconds"])
    assert spent(budgets, "inversions", ann) == 1
    space(7200)
    assert spent(budgets, "inversions", ann) == BUDGETS["inversions"].most


def test_one_visitor_does_not_spend_anothers():
    budgets = Budgets()
    spent(budgets, "exports", Caller("ann", "192.0.2.1"))
    assert spent(budgets, "exports", Caller("bob", "192.0.2.2")) == BUDGETS["exports"].most


def test_a_new_word_alone_brings_no_fresh_budget():
    budgets, limit = Budgets(), BUDGETS["inversions"]
    assert sum(spent(budgets, "inversions", Caller(f"word{i}", "192.0.2.1")) for i in range(20)) == ADDRESS * limit.most
    assert spent(budgets, "inversions", Caller("", "192.0.2.3")) == limit.most  # who keeps no word is one browser


def test_everybody_together_has_a_limit():
    budgets, limit = Budgets(), BUDGETS["exports"]
    total = sum(spent(budgets, "exports", Caller(f"word{i}", f"192.0.2.{i}")) for i in range(60))
    assert total == limit.everybody < 60 * limit.most


def test_more_than_there_ever_is_is_refused_without_a_time():
    with pytest.raises(StudioError) as refused:
        Budgets().spend("uploads", BUDGETS["uploads"].most + 1, Caller("ann"))
    assert refused.value.code == "budget.large" and Budgets().spend("uploads", 1, Caller("ann")) is None


def test_long_waits_are_told_in_minutes():
    budgets, ann = Budgets(), Caller("ann")
    budgets.spend("training", 8, ann)
    with pytest.raises(StudioError, match="in 10 min"):
        budgets.spend("training", 2, ann)


def test_what_is_remembered_is_bounded():
    budgets = Budgets()
    for i in range(MOST_BUCKETS):
        budgets.spend("pictures", 1, Caller(f"word{i}", f"address{i}"))
    assert len(budgets._buckets) <= MOST_BUCKETS


def test_at_home_nothing_is_counted_unless_asked_for(monkeypatch):
    monkeypatch.delenv("SPACE_ID")
    assert budget.limit_of("exports") is None
    monkeypatch.setenv(budget.VARIABLE, "exports=2, uploads=many")
    assert spent(Budgets(), "exports", Caller("ann")) == 2 and budget.limit_of("uploads") is None
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    assert budget.limit_of("exports").hourly == 2 and budget.limit_of("uploads") == BUDGETS["uploads"]
    monkeypatch.setenv(budget.VARIABLE, "off")
    assert all(budget.limit_of(kind) is None for kind in BUDGETS)


def test_the_apps_own_work_is_free_and_a_callers_is_not(monkeypatch):
    monkeypatch.setattr(budget, "_budgets", budgets := Budgets())
    budgets.spend("inversions", 100)
    with calling(Caller("ann")), pytest.raises(StudioError):
        budgets.spend("inversions", 100)


def test_only_the_proxys_word_for_an_address_counts(monkeypatch):
    forged = {"x-forwarded-for": "8.8.8.8, 1.2.3.4, 10.0.0.7"}
    assert address_of("10.1.1.1", forged) == "1.2.3.4"
    monkeypatch.delenv("SPACE_ID")
    assert address_of("127.0.0.1", forged) == "127.0.0.1"
