"""Queue: what waits for a person to post it by hand."""

from bot.app import App
from bot.core.delivery import Delivery, step
from bot.work.plan import BY_PERSON
from bot.work.settle import leased, uncertain


def queue(app: App) -> list[Delivery]:
    """The deliveries of accounts that are posted to by hand of which nobody has said what became of them, by time."""
    by_hand = {account.name for account in app.config.accounts.values() if account.by_hand}
    return [one for one in app.store.deliveries(("uncertain",)) if one.account in by_hand]


def leave_out(app: App, number: int) -> Delivery:
    """A person says that they did not post this, and will not; raises AskedWrongly where it is not theirs to say."""
    with leased(app, uncertain(app, number).account) as lease:
        left = step(uncertain(app, number), "skipped", reason=BY_PERSON, payload=None)
        app.store.save(left, lease)
        return left
