"""The picture of the desk in the README: a week of the sample campaign as a real one. `python -m tests.house.desk`."""

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import PIL.Image

from bot.app import App, open_app, sample_library
from bot.web.desk import SESSION, start
from bot.work import control, people
from bot.work.deliver import tick
from tests.house.manual import HELP
from tests.making import write
from tests.pages.browser import running
from tests.publishing.stage import PLACE

FILE = HELP / "desk.png"
ZONE = ZoneInfo("America/New_York")
MONDAY = datetime(2026, 11, 30, 8, tzinfo=ZONE)
CONFIG = """\
timezone = "America/New_York"
notify = ["json://127.0.0.1:1"]
[accounts.springfield]
network = "outbox"
folder = "springfield"
[accounts.valley]
network = "outbox"
folder = "valley"
[accounts.club]
network = "facebook"
publish = "by hand"
[[schedule]]
campaign = "families-belong-together"
accounts = ["springfield"]
times = ["09:00"]
[[schedule]]
campaign = "families-belong-together"
accounts = ["valley"]
days = ["mon", "tue"]
times = ["17:30"]
[[schedule]]
campaign = "families-belong-together"
accounts = ["valley"]
days = ["thu", "sat"]
times = ["17:30"]
approval = "post"
[[schedule]]
campaign = "families-belong-together"
accounts = ["club"]
days = ["sun"]
times = ["17:30"]
"""


class Hours:
    """A clock that stands until somebody moves it."""

    now = MONDAY

    def __call__(self) -> datetime:
        return self.now


def lived(folder: Path, hours: Hours) -> App:
    """A folder in which half a week has passed: the machine was off on Tuesday evening, one post was skipped."""
    copytree(sample_library(), folder / "posts")
    campaign = folder / "posts" / "families-belong-together" / "campaign.toml"
    told = campaign.read_text("utf-8").replace("sample = true", "").replace("example.org", PLACE)
    campaign.write_text(told, "utf-8")
    app = open_app(write(folder, {"config.toml": CONFIG}) / "config.toml", hours)
    tick(app, hours.now)
    for later in (1.05, 9.55, 25.05, 40):
        hours.now = MONDAY + timedelta(hours=later)
        tick(app.fresh(), hours.now)
    hours.now = MONDAY + timedelta(hours=49.05)
    tick(app.fresh(), hours.now)
    control.do(app, control.skip(app, "springfield/2026-12-04/09:00/families-belong-together"))
    hours.now += timedelta(hours=1)
    return app.fresh()


def draw(file: Path) -> None:
    """The week as a wide screen shows it."""
    hours = Hours()
    with TemporaryDirectory() as home, running() as browser:
        app = lived(Path(home), hours)
        _, token = people.accept(app, people.begin(app), "Ana", "correct horse battery")
        address, stop = start(app, 0)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, device_scale_factor=1.5, locale="en-US")
        context.add_cookies([{"name": SESSION, "value": token, "url": address}])
        page = context.new_page()
        page.goto(f"{address}week")
        raw = page.screenshot()
        context.close()
        stop()
        app.close()
    PIL.Image.open(BytesIO(raw)).convert("RGB").quantize(64).save(file, optimize=True)


if __name__ == "__main__":
    draw(FILE)
