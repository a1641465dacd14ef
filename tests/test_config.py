"""config.toml: all that is wrong at once, each with its line; and no secret in any message."""

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import networks
from bot.config import Config, Heartbeat, default, read
from bot.core.network import Field
from bot.core.problem import Problem

# A network that asks for a server and a secret, whatever the real ones ask for.
ASKING = replace(
    networks.load()["outbox"],
    name="asking",
    fields=(
        Field(name="server", help="your server", example="town.example.org"),
        Field(name="password", help="an app password", secret=True),
    ),
)
NETWORKS = {**networks.load(), "asking": ASKING}
WHOLE = """\
library = "texts"
database = "sqlite:///ledger.db"
timezone = "America/New_York"
[accounts.town]
network = "asking"
server = "town.example.org"
password_env = "TOWN_PASSWORD"
handle = "town"
language = "es"
me = { city = "Springfield" }
[[schedule]]
campaign = "air"
accounts = ["town"]
days = ["mon", "fri"]
times = ["09:00", "17:30"]
tags = ["facts"]
late = "2h"
approval = "post"
"""


def told(folder: Path, text: str | bytes) -> tuple[Config | None, list[Problem]]:
    """What comes of a config.toml."""
    path = folder / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path, NETWORKS, "config.toml")


def faults(folder: Path, text: str | bytes) -> list[str]:
    """The faults of a config.toml that is not taken, each in one row."""
    found, problems = told(folder, text)
    assert found is None
    return [str(problem).replace("\n    ", " | ") for problem in problems]


def whole(folder: Path, text: str) -> Config:
    """The config, which must be taken."""
    found, problems = told(folder, text)
    assert found is not None, problems
    return found


def test_every_key_reaches_its_place(tmp_path: Path) -> None:
    found = whole(tmp_path, WHOLE)
    town, (schedule,) = found.accounts["town"], found.schedules
    assert found.library == tmp_path / "texts"
    assert found.database == f"sqlite:///{tmp_path.as_posix()}/ledger.db"
    assert found.zone == ZoneInfo("America/New_York")
    assert (town.name, town.network, town.handle, town.language) == ("town", "asking", "town", "es")
    assert (town.me, town.answers) == (
        {"city": "Springfield"},
        {"server": "town.example.org", "password_env": "TOWN_PASSWORD"},
    )
    assert (schedule.campaign, schedule.accounts, schedule.days) == ("air", ("town",), ("mon", "fri"))
    assert (schedule.times, schedule.tags) == ((time(9), time(17, 30)), ("facts",))
    assert (schedule.late, schedule.approval) == (timedelta(hours=2), True)


def test_an_empty_file_is_a_config_without_accounts(tmp_path: Path) -> None:
    found = whole(tmp_path, "")
    assert (found.library, found.zone) == (tmp_path / "posts", ZoneInfo("UTC"))
    assert found.database == f"sqlite:///{tmp_path.as_posix()}/handbill.db"
    assert not found.accounts and not found.schedules and not found.is_default


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b""], ids=["BOM", "plain"])
def test_files_of_windows_are_read(tmp_path: Path, before: bytes) -> None:
    found, problems = told(tmp_path, before + WHOLE.replace("\n", "\r\n").encode())
    assert found and not problems


def test_what_holds_without_a_config(tmp_path: Path) -> None:
    found = default(tmp_path, tmp_path / "posts", {"air": None})
    assert found.is_default
    assert [(one.name, one.network) for one in found.accounts.values()] == [("outbox", "outbox")]
    assert [(one.campaign, one.accounts, len(one.times)) for one in found.schedules] == [("air", ("outbox",), 2)]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ('libary = "posts"', 'config.toml:1: unknown key `libary` | Did you mean "library"?'),
        ("library = 5", 'config.toml:1: `library` must be text | Write it in quotes: "5".'),
        (
            'timezone = "America/New_Yrok"',
            'config.toml:1: `timezone` names an unknown time zone "America/New_Yrok" | Did you mean',
        ),
        ('timezone = "EST5"', 'config.toml:1: `timezone` names an unknown time zone "EST5"'),
        ("timezone = 5", "config.toml:1: `timezone` must be the name of a time zone"),
        ('timezone = "../../etc/passwd"', "config.toml:1: `timezone` names an unknown time zone"),
        ('timezone = "America"', "config.toml:1: `timezone` names an unknown time zone"),
        (
            'database = "handbill.db"',
            'config.toml:1: `database` must be the address of a database | Write it like "sqlite:///handbill.db" or '
            '"postgresql://user@host/handbill".',
        ),
        ('database = "sqlite://"', "config.toml:1: `database` must be the address of a database"),
        ("database = []", "config.toml:1: `database` must be the address of a database"),
        (
            'database = "postgresql://u:p@h/d"',
            "config.toml:1: `database` holds a password, and secrets do not stand in this file | "
            "Take it out, and put it into PGPASSWORD or ~/.pgpass; or the whole address into an environment",
        ),
        ('notify = "mailto://a@b"', "config.toml:1: `notify` must be a list of addresses"),
        ("[site]\nurl = 'town'", "config.toml:2: `site.url` must be a whole address"),
        ("accounts = []", "config.toml:1: `accounts` must be a table"),
        ('accounts.town = "x"', "config.toml:1: `accounts.town` must be a table"),
        ("[accounts.town]", "config.toml:1: `network` is missing"),
        ('[accounts."to wn"]\nnetwork = "outbox"', 'config.toml:1: "to wn" is no usable name'),
        (
            '[accounts.town]\nnetwork = "outbux"',
            'config.toml:2: `accounts.town.network` names an unknown network "outbux" | Did you mean "outbox"?',
        ),
        ('[accounts.town]\nnetwork = ["outbox"]', "config.toml:2: `accounts.town.network` must be text"),
        (
            '[accounts.town]\nnetwork = "outbox"\nfoldr = "o"',
            'config.toml:3: unknown key `foldr` | Did you mean "folder"?',
        ),
        (
            '[accounts.town]\nnetwork = "asking"',
            'config.toml:1: `server` is missing | Write server = "town.example.org" (your server).',
        ),
        (
            '[accounts.town]\nnetwork = "outbox"\nlanguage = "English"',
            'config.toml:3: `accounts.town.language` "English" is no language',
        ),
        (
            '[accounts.town]\nnetwork = "outbox"\nme = { city = 5 }',
            "config.toml:3: `accounts.town.me.city` must be text",
        ),
        ("schedule = {}", "config.toml:1: `schedule` must be a list"),
        ("[[schedule]]", "config.toml:1: `campaign` is missing"),
        ("timezone = “UTC”", "config.toml:1: curly quotes around a value"),
        ("timezone = UTC", "config.toml:1: text needs quotes"),
        ('library = "a"\nlibrary = "b"', "config.toml:2: this key stands there twice"),
        ("library = 'posts", "config.toml:1: a quote is missing"),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, row: str, fault: str) -> None:
    assert faults(tmp_path, row)[0].startswith(fault)


SCHEDULE = (
    '[accounts.town]\nnetwork = "outbox"\n[[schedule]]\ncampaign = "air"\naccounts = ["town"]\ntimes = ["09:00"]\n'
)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            '["town"]',
            '["twon"]',
            'config.toml:5: `accounts` names "twon", which is not among [accounts] | Did you mean "town"?',
        ),
        ('["town"]', "[]", "config.toml:5: `accounts` is an empty list | Name at least one."),
        ('["town"]', '"town"', "config.toml:5: `schedule.accounts` must be a list"),
        ('["09:00"]', "[]", "config.toml:6: `times` is an empty list"),
        ('["09:00"]', '["9:00"]', "config.toml:6: `schedule.times` must be a time of day"),
        ('["09:00"]', "[09:00:00]", "config.toml:6: `schedule.times` must be a time of day"),
        ('["09:00"]', '["09:00"]\ndays = []', "config.toml:7: `days` is an empty list"),
        (
            '["09:00"]',
            '["09:00"]\ndays = ["monday"]',
            'config.toml:7: `schedule.days` names an unknown day "monday" | Did you mean "mon"?',
        ),
        ('["09:00"]', '["09:00"]\nlate = "8d"', "config.toml:7: `schedule.late` must lie between a minute and a week"),
        ('["09:00"]', '["09:00"]\nlate = 6', "config.toml:7: `schedule.late` must be a length of time"),
        ('["09:00"]', '["09:00"]\napproval = true', "config.toml:7: `schedule.approval` must be none or post"),
        ('["09:00"]', '["09:00"]\ntime = "09:00"', 'config.toml:7: unknown key `time` | Did you mean "times"?'),
    ],
)
def test_each_fault_of_a_schedule_is_told_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert faults(tmp_path, SCHEDULE.replace(old, new))[0].startswith(fault)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = 'libary = "posts"\n[accounts.town]\nnetwork = "outbux"\n[[schedule]]\ncampaign = "air"\naccounts = ["x"]\n'
    assert [row.split(" ")[0] for row in faults(tmp_path, text)] == [
        "config.toml:1:",
        "config.toml:3:",
        "config.toml:4:",
        "config.toml:6:",
    ]


SECRET = "hunter2-is-my-word"


@pytest.mark.parametrize(
    "row",
    [
        f'password = "{SECRET}"',
        f'access_token = "{SECRET}"',
        f'API_KEY = "{SECRET}"',
        f'password = {{ value = "{SECRET}" }}',
        f'password = ["{SECRET}"]',
        f'password_env = "{SECRET}"',
        f'password_env = ["{SECRET}"]',
        f'password = "{SECRET}',
        f"password = {SECRET}",
        f"password = “{SECRET}”",
        f'password = "{SECRET}\u200b"',
        f'password = "{SECRET}\u202e"',
        f'password = "{SECRET}\x01"',
    ],
)
@pytest.mark.parametrize("network", ["asking", "outbox", "nonsense"])
def test_a_secret_in_the_file_is_refused_and_never_shown(tmp_path: Path, row: str, network: str) -> None:
    rows = faults(tmp_path, f'[accounts.town]\nnetwork = "{network}"\nserver = "a.example.org"\n{row}\n')
    assert any(fault.startswith("config.toml:4:") for fault in rows)
    assert not any(part in " ".join(rows) for part in ("hunter2", "my-word"))


def test_a_secret_is_refused_with_the_way_to_keep_it(tmp_path: Path) -> None:
    text = f'[accounts.our-town]\nnetwork = "asking"\nserver = "a.example.org"\npassword = "{SECRET}"\n'
    assert faults(tmp_path, text) == [
        "config.toml:4: `password` is a secret, and secrets do not stand in this file | "
        "Take it out, put it into an environment variable, and write "
        'password_env = "OUR_TOWN_PASSWORD", or into a file of its own: password_file = "/path".'
    ]


@pytest.mark.parametrize(
    "row",
    [
        f'notify = "mailto://me:{SECRET}@h"',
        f'notify = ["mailto://me:{SECRET}@h", 5]',
        f'notify_env = "mailto://me:{SECRET}@h"',
        f'[heartbeat]\nurl = "monitor.example.org/{SECRET}"',
        f'[heartbeat]\nurl = "https://monitor.example.org/{SECRET} "',
        f'[heartbeat]\nurl = ["https://monitor.example.org/{SECRET}"]',
        f'[heartbeat]\nurl_env = "https://monitor.example.org/{SECRET}"',
        *(
            f'database = "{address}"'
            for address in (
                f"postgresql://me:{SECRET}@h/d",
                f"postgres://me:{SECRET}/#?@h/d",
                f"postgresql+psycopg://me:{SECRET}@@h:5432/d",
                f"postgresql://h/d?user=me&password={SECRET}",
                f"postgresql://h/d?sslpassword={SECRET}",
                f"mysql://me:{SECRET}@h/d",
                f"me:{SECRET}@h/d",
                f"postgresql://me@h/d:{SECRET}/e",
            )
        ),
        f'database_env = "postgresql://me:{SECRET}@h/d"',
    ],
)
def test_passwords_in_addresses_are_never_shown(tmp_path: Path, row: str) -> None:
    found = faults(tmp_path, row)
    assert found and SECRET not in " ".join(found)


def test_it_is_said_where_notices_go_and_where_a_monitor_looks(tmp_path: Path) -> None:
    rows = 'notify = ["mailto://a@example.org"]\nnotify_env = "PEOPLE"\nnotify_file = "people"\n[heartbeat]\n'
    found = whole(tmp_path, f'{rows}url = "https://monitor.example.org/1"\nfile = "alive"\nurl_env = "MONITOR"\n')
    assert (found.notify, found.notify_env, found.notify_file) == (("mailto://a@example.org",), "PEOPLE", "people")
    assert found.heartbeat == Heartbeat(url="https://monitor.example.org/1", file="alive", url_env="MONITOR")


def test_a_config_that_is_shown_whole_shows_no_address_of_notices(tmp_path: Path) -> None:
    rows = f'notify = ["mailto://me:{SECRET}@h.example"]\n[heartbeat]\nurl = "https://h.example/{SECRET}"\n'
    assert SECRET not in repr(whole(tmp_path, rows))


def test_it_is_said_where_the_share_pages_will_stand(tmp_path: Path) -> None:
    assert whole(tmp_path, '[site]\nurl = "https://share.example.org"\n').site == "https://share.example.org"
    assert whole(tmp_path, '[desk]\nurl = "https://desk.example.org"\n').desk == "https://desk.example.org"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"library = '\xff'", "config.toml:1: this is not UTF-8 text"),
        (b"\n\xfe", "config.toml:2: this is not UTF-8 text"),
    ],
)
def test_a_file_in_another_encoding_is_told(tmp_path: Path, raw: bytes, fault: str) -> None:
    assert faults(tmp_path, raw)[0].startswith(fault)


def test_a_folder_with_odd_signs_in_its_name_holds_its_database(tmp_path: Path) -> None:
    (tmp_path / "what?#").mkdir()
    assert whole(tmp_path / "what?#", "").database == f"sqlite:///{tmp_path.as_posix()}/what?#/handbill.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
@pytest.mark.parametrize("place", ["u@h/d", "h:5432/d", "[::1]/d", "u@/d?host=/run/postgresql", "h/d?sslmode=require"])
def test_a_database_on_a_server_may_be_written_as_people_are_used_to(tmp_path: Path, scheme: str, place: str) -> None:
    assert whole(tmp_path, f'database = "{scheme}://{place}"').database == f"postgresql+psycopg://{place}"


@pytest.mark.parametrize("address", ["postgresql://h", "postgresql://h/", "postgresql://h:port/d", "mysql://h/d"])
def test_what_is_no_address_of_a_database_is_refused(tmp_path: Path, address: str) -> None:
    assert "must be the address of a database" in faults(tmp_path, f'database = "{address}"')[0]


def test_of_two_places_for_the_ledger_it_is_said_which_counts(tmp_path: Path) -> None:
    found, problems = told(tmp_path, 'database = "sqlite:///a.db"\ndatabase_env = "LEDGER"\n')
    assert found and found.database_env == "LEDGER"
    assert [(problem.severity, problem.where) for problem in problems] == [("warning", "config.toml:1")]


def test_an_absolute_database_stays_where_it_is(tmp_path: Path) -> None:
    assert whole(tmp_path, 'database = "sqlite:////var/lib/handbill.db"').database == "sqlite:////var/lib/handbill.db"
