"""A message goes to each address, true servers all; and nothing of an address goes anywhere else."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot import notices
from bot.core.notice import Message
from tests.servers.mail import Mail, words
from tests.servers.site import Handler, Reply, Site, closed_port, drips, hangs_up, silent

SECRET = "s3cr3t-hunter2"
NEWS = Message(title="Handbill: a post of town was refused", body="Why: it is < 500 letters & long.\n\nÜber 🚍")


def hook(site: Site, path: str = "/hook") -> str:
    """An address for notices that leads to a page of the site."""
    return f"json://me:{SECRET}@{site.door}{path}?method=post"


def test_a_message_comes_as_mail_and_by_the_web_word_for_word(mail: Mail, site: Site) -> None:
    site.says("/hook", "")
    assert notices.send([mail.address(SECRET), hook(site)], NEWS) == ["", ""]
    (letter,), ((_, _, body),) = mail.letters, site.requests
    assert letter["Subject"] == NEWS.title and letter["To"] == "ana@town.example"
    assert words(letter).replace("\r\n", "\n").strip() == NEWS.body
    assert mail.let_in == [f"\0me\0{SECRET}"]
    assert (json.loads(body)["title"], json.loads(body)["message"]) == (NEWS.title, NEWS.body)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (hangs_up, "it cannot be reached, or does not let us in"),
        (drips, "it does not answer"),
        (silent, "it does not answer"),
    ],
)
def test_an_address_that_fails_is_named_by_what_happened_and_holds_up_no_other(
    mail: Mail, site: Site, reply: Reply, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "DEADLINE", 2.0)
    site.does("/hook", reply)
    assert notices.send([hook(site), mail.address()], NEWS) == [why, ""]
    assert len(mail.letters) == 1


def test_the_number_of_a_refusal_is_told_and_none_of_its_words(site: Site) -> None:
    site.says("/a", SECRET, status=401)
    site.says("/b", SECRET, status=503)
    assert notices.send([hook(site, "/a"), hook(site, "/b")], NEWS) == ["it answered 401", "it answered 503"]


def test_a_wrong_password_for_mail_is_told(mail: Mail) -> None:
    mail.refuses = True
    assert notices.send([mail.address()], NEWS) == ["it cannot be reached, or does not let us in"]
    assert mail.letters == []


@pytest.mark.parametrize("address", [f"nonsense://{SECRET}", SECRET, f"me:{SECRET}@example.org", ""])
def test_what_is_no_address_is_told_before_and_when_it_is_used(address: str) -> None:
    assert not notices.understood(address)
    assert notices.send([address], NEWS) == ["this is no address of a kind that is known"]


def test_understanding_an_address_asks_nobody(site: Site) -> None:
    assert notices.understood(hook(site)) and notices.understood(f"http://{site.door}/config.yml") is False
    assert site.requests == []


def test_the_picture_that_a_person_is_to_post_comes_along(mail: Mail, tmp_path: Path) -> None:
    place = tmp_path / "street #1 100%.png"
    place.write_bytes(b"\x89PNG\r\n\x1a\n picture")
    missing = str(tmp_path / "nowhere.png")
    assert notices.send([mail.address()], replace(NEWS, pictures=(str(place), missing))) == [""]
    (picture,) = mail.letters[0].iter_attachments()
    assert picture.get_content().startswith(b"\x89PNG") and picture.get_filename() == "street #1 100%.png"


def test_a_picture_too_large_for_many_services_stays_here(mail: Mail, tmp_path: Path) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(4_000_001)
    assert notices.send([mail.address()], replace(NEWS, pictures=(str(tmp_path / "large.png"),))) == [""]
    assert not list(mail.letters[0].iter_attachments())


def test_what_is_too_long_for_a_service_comes_in_parts_and_whole(site: Site) -> None:
    said = "\n".join(f"line {number} of many" for number in range(400))
    site.says("/hooks/abcdefghijklmnopqrstuvwxyz", "ok")
    assert notices.send([f"mmost://{site.door}/abcdefghijklmnopqrstuvwxyz"], replace(NEWS, body=said)) == [""]
    parts = [json.loads(body)["text"] for _, _, body in site.requests]
    assert len(parts) > 1 and all(f"line {number} of many" in "\n".join(parts) for number in range(400))


def test_a_picture_that_a_service_does_not_take_keeps_no_words_back(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")

    def picky(handler: Handler) -> None:
        taken = not json.loads(site.requests[-1][2])["attachments"]
        handler.send_response(200 if taken else 413)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.does("/hook", picky)
    assert notices.send([hook(site)], replace(NEWS, pictures=(str(tmp_path / "a.png"),))) == [""]
    assert [len(json.loads(body)["attachments"]) for _, _, body in site.requests] == [1, 0]


def test_no_word_of_an_address_is_ever_written_anywhere(
    site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(1)
    site.says(f"/{SECRET}", SECRET, status=401)
    addresses = [
        hook(site, f"/{SECRET}"),
        f"json://me:{SECRET}@127.0.0.1:{closed_port()}/{SECRET}",
        f"mailto://me:{SECRET}@127.0.0.1:{closed_port()}?from=a@b.example&to=c@d.example",
        f"nonsense://{SECRET}",
        f"mailto://{SECRET}",
    ]
    found = notices.send(addresses, NEWS)
    assert all(found) and not any(SECRET in why for why in found)
    assert SECRET not in caplog.text and SECRET not in "".join(capfd.readouterr())


def test_the_library_that_sends_is_loaded_only_when_something_is_sent() -> None:
    code = "import sys, bot.notices, bot.work.notify, bot.work.ready, bot.cli.run; print('apprise' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
