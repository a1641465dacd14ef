"""SMS: a draft that every phone's own program understands."""

from bot.networks.sms import NETWORK
from tests.networks.contract import ShareContract, variant


class TestShare(ShareContract):
    network = NETWORK

    def test_the_body_is_found_by_phones_that_look_for_either_sign(self) -> None:
        assert self.shared(variant(NETWORK, "Hello & you\nall")) == "sms:?&body=Hello%20%26%20you%0Aall"
