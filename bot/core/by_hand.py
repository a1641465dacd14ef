"""An account whose posts a person puts up: the engine tells them, and they say when it is done."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.core.network import Network, Payload, Standing
from bot.core.post import Receipt, Variant
from bot.core.problem import Uncertain


@dataclass(frozen=True, slots=True)
class ByHand:
    """The publisher of such an account. Whether a post is up only a person knows, so it always ends uncertain."""

    name: str
    network: Network

    repeat = None
    find = None
    recent = None
    delete = None
    label = None

    def whoami(self) -> str:
        """The account's own name in config.toml."""
        return self.name

    def look(self) -> Standing:
        """Nothing can be asked."""
        return Standing(handle=self.name, notes=("A person posts by hand; nothing can be asked of the network.",))

    def prepare(self, variant: Variant, key: str, at: datetime) -> Payload:
        """The words, and the link that opens the network with them."""
        share: Callable[..., str] | None = self.network.share
        return {**asdict(variant), "open": share(variant, {}) if share else ""}

    def publish(self, payload: Payload, key: str) -> Receipt:
        """Raise Uncertain: it is a person's turn."""
        raise Uncertain(f"a person is to post this to {self.network.label} by hand")
