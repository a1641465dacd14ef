"""Every network we speak to: one module each, found by its place in this folder."""

from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from bot.core.network import Network


def load() -> dict[str, Network]:
    """Return the networks by name: ours, and those other packages bring (entry point group `bot.networks`)."""
    names = sorted(module.name for module in iter_modules(__path__))
    ours = [import_module(f"{__name__}.{name}").NETWORK for name in names]
    theirs = [point.load() for point in entry_points(group="bot.networks")]
    return {network.name: network for network in [*theirs, *ours]}
