"""What lies in the repository: only names and versions are pinned, and the shipped posts are whole."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import networks
from bot.app import App, open_app
from bot.config import default
from bot.work.review import review

ROOT = Path(__file__).parents[2]
PINS = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()


def test_constraints_hold_names_and_versions_only() -> None:
    assert [row for row in PINS if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", row)] == []


def test_nothing_in_the_repository_names_a_registry() -> None:
    files = [path for path in [*ROOT.glob("*.*"), *ROOT.glob(".ci/*")] if path.is_file()]
    assert [
        path.name
        for path in files
        if re.search(r"index-url|find-links|files\.pythonhosted|registry\.npm", path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize("year", [2026, 2027, 2031])
def test_check_is_silent_on_the_sample_campaign_in_any_year(year: int) -> None:
    sample = default(ROOT, ROOT / "posts", {"families-belong-together": None})
    app = App(config=sample, networks=networks.load(), clock=lambda: datetime(year, 11, 21, 12, tzinfo=UTC))
    assert review(app) == []


def test_the_sample_campaign_has_every_kind_of_post() -> None:
    app = App(config=default(ROOT, ROOT / "posts", {}), networks=networks.load())
    posts = app.library.posts["families-belong-together"]
    texts = {
        post.name: " ".join(source.text for words in post.words.values() for source in words.wordings) for post in posts
    }
    assert len(posts) >= 14
    assert all(set(post.words) == {"en", "es"} for post in posts)
    assert all(len(words.wordings) >= 2 for post in posts for words in post.words.values())
    for fact in ("me.city", "me.profession", "target.name", "campaign.days_to_go"):
        assert any(fact in text for text in texts.values()), fact
    assert sum(bool(post.image) for post in posts) >= 2
    assert any(post.until and post.until < datetime(2026, 11, 21, tzinfo=UTC).date() for post in posts)


def test_the_example_config_opens() -> None:
    assert open_app(ROOT / "config.example.toml").config.accounts
