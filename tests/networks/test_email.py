"""E-mail: a draft with a subject, and line breaks as mail wants them."""

from bot.networks.email import NETWORK
from tests.networks.contract import TITLE, ShareContract, parameters, variant


class TestShare(ShareContract):
    network = NETWORK

    def test_a_line_ends_as_lines_end_in_mail(self) -> None:
        url = self.shared(variant(NETWORK, "Dear you,\nhello", title="Hi"))
        assert url == "mailto:?subject=Hi&body=Dear%20you%2C%0D%0Ahello"

    def test_the_title_is_the_subject(self) -> None:
        url = self.shared(variant(NETWORK, "Hello", title=TITLE))
        assert parameters(url)[0] == ("subject", TITLE)
