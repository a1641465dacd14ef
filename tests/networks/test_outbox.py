"""Outbox: a folder that takes each post whole, once."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.post import Image, Variant
from bot.core.problem import Refused, TryLater
from bot.networks.outbox import NETWORK, Outbox, connect, readable
from tests.networks.contract import PublishContract, Stage

KEY = "outbox/town/air/2026-12-01/09:00"
AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
WORDS = Variant(text="Clean air. #CleanAir\nhttps://example.org", words="Clean air.")


class TestPublish(PublishContract):
    network = NETWORK

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Stage:
        folder = tmp_path / "out"
        return Stage(
            open=lambda _: connect({"account": "town", "folder": str(folder)}, {}), stands=lambda: stands(folder)
        )


def stands(folder: Path) -> list[tuple[str, list[str]]]:
    """What lies there; a picture's words only where the picture does too."""
    found = []
    for file in sorted(folder.glob("*.json")):
        told = json.loads(file.read_text(encoding="utf-8"))
        lies = file.with_suffix(".png").exists()
        found.append((told["text"], [told["image"]["alt"]] if told["image"] and lies else []))
    return found


def test_a_post_becomes_one_file_for_people_and_one_for_programs(tmp_path: Path) -> None:
    box = connect({"account": "town", "folder": str(tmp_path / "out")}, {})
    receipt = box.publish(box.prepare(WORDS, KEY, AT), KEY)
    assert (tmp_path / "out/2026-12-01-0900-air@town.txt").read_text(encoding="utf-8") == WORDS.text + "\n"
    told = json.loads((tmp_path / "out/2026-12-01-0900-air@town.json").read_text(encoding="utf-8"))
    assert (told["text"], told["account"], told["key"]) == (WORDS.text, "town", KEY)
    assert receipt.url == (tmp_path / "out/2026-12-01-0900-air@town.json").as_uri()


def test_a_picture_lies_beside_its_post_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "lane.png").write_bytes(b"picture")
    box = Outbox(tmp_path / "out", "town")
    image = Image(file=str(tmp_path / "lane.png"), alt="A lane")
    box.publish(box.prepare(Variant(text="Look.", image=image), KEY, AT), KEY)
    assert (tmp_path / "out/2026-12-01-0900-air@town.png").read_bytes() == b"picture"
    assert (tmp_path / "out/2026-12-01-0900-air@town.txt").read_text() == "Look.\n\n---\nPicture: A lane\n"


def test_a_content_warning_lies_beside_its_post(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "out", "town")
    box.publish(box.prepare(Variant(text="Look.", warning="Politics"), KEY, AT), KEY)
    assert (tmp_path / "out/2026-12-01-0900-air@town.txt").read_text() == "Look.\n\n---\nContent warning: Politics\n"
    assert json.loads((tmp_path / "out/2026-12-01-0900-air@town.json").read_text())["warning"] == "Politics"


def test_a_warning_and_a_picture_stand_below_one_row_of_dashes() -> None:
    payload = {"text": "Look.", "warning": "Politics", "image": {"alt": "A lane"}}
    assert readable(payload) == "Look.\n\n---\nContent warning: Politics\nPicture: A lane\n"


def test_a_post_whose_picture_is_gone_is_refused_before_anything_is_public(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"the picture .*gone\.png is not there"):
        Outbox(tmp_path, "town").prepare(Variant(text="Look.", image=Image(file=str(tmp_path / "gone.png"))), KEY, AT)


def test_a_post_half_written_when_the_machine_stopped_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "2026-12-01-0900-air@town.txt").write_text("Clean air.")
    (tmp_path / "2026-12-01-0900-air@town.json.part").write_text("{")
    assert Outbox(tmp_path, "town").find({}, KEY) is None


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_tried_again_later(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    box = Outbox(tmp_path / place, "town")
    with pytest.raises(TryLater, match="cannot write to"):
        box.publish(box.prepare(WORDS, KEY, AT), KEY)


NAMES = st.text("ab-_.@ /é%", min_size=1, max_size=6)


@given(
    st.tuples(NAMES, NAMES.filter(lambda name: "/" not in name)),
    st.tuples(NAMES, NAMES.filter(lambda name: "/" not in name)),
)
def test_no_two_deliveries_share_a_file(one: tuple[str, str], other: tuple[str, str]) -> None:
    box = Outbox(Path("out"), "town")
    paths = [box._path(f"outbox/{identity}/{campaign}/2026-12-01/09:00") for identity, campaign in (one, other)]
    assert (paths[0] == paths[1]) == (one == other)
    assert all(path.parent == Path("out") for path in paths)


def test_it_knows_itself_by_its_accounts_name(tmp_path: Path) -> None:
    box = Outbox(tmp_path, "town")
    assert (box.whoami(), box.look().handle, box.label) == ("town", "town", None)


def test_an_outbox_is_practice_and_has_no_share_link() -> None:
    assert NETWORK.practice and NETWORK.finds_surely and NETWORK.share is None
