"""What the share pages are made of: values, and nothing that knows where they come from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Words that somebody wrote, and their language where it is not the page's, else ""."""

    words: str
    language: str = ""

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One way to share: the whole link with the fallback words, and how other words are put into it.

    `cut` is how many characters of `url` stand before and after the words (`whole` is the link
    around a mark where `url` is another: the fallback words hold the post's address), `newline` how
    it writes a new line, `other` the link around a mark where the words hold the post's address already.
    `text` is what will be said, around a mark. `room` is what the network leaves for the words,
    `bytes` the same in bytes. `ask` is what a supporter is asked, `asked` the link's head then.
    """

    network: str
    label: str
    url: str
    text: str
    said: str
    link: str = ""
    cut: str = ""
    whole: str = ""
    newline: str = ""
    other: str = ""
    room: str = ""
    bytes: str = ""
    ask: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Words to edit, and the buttons that say them; `template` has a place for each fact, "" if there is none.

    `first` are the buttons to see at once, `more` the others. `adds`: what is said beside the words,
    and by which networks; `paper`: the same for people who read it on paper.
    """

    words: str
    template: str
    first: tuple[Button, ...]
    more: tuple[Button, ...]
    adds: tuple[tuple[str, str], ...]
    paper: str = ""

    @property
    def names(self) -> str:
        """The networks that get these words."""
        return ", ".join(button.label for button in (*self.first, *self.more))

    @property
    def said(self) -> Button:
        """The button whose text is copied where no network is chosen."""
        all_of_them = (*self.first, *self.more)
        return next((one for one in all_of_them if one.room), all_of_them[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a campaign asks people to do."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A post to share: its wordings, each the boxes it needs; `folder` is its page's, from its campaign's.

    `title` is "" where the post has none of its own. `until` is its last day, "" if it has none.
    """

    name: str
    heading: str
    wordings: tuple[tuple[Box, ...], ...]
    folder: str
    languages: tuple[str, ...] = ()
    title: str = ""
    image: str = ""
    alt: str = ""
    action: Action | None = None
    until: str = ""
    target: Told | None = None
    source: tuple[Told, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A fact that a supporter may tell: choices are (key, phrase)."""

    name: str
    label: Told
    hint: Told
    longest: int
    choices: tuple[tuple[str, Told], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a page says of its campaign, in its own language. `until` as a day and in words."""

    title: Told
    about: Told
    organizer: str
    paid_by: str
    goal: int | None
    reached: int | None
    until: str
    until_in_words: str
    action: Action | None
    asks: tuple[Asked, ...]
    servers: tuple[Asked, ...]
    counting: str
    logo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """The same page in another language: the language's code, its own name, and where."""

    code: str
    name: str
    address: str
    absolute: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Where a page stands: `root` leads to the folder of all pages, `home` to that of the campaign's in this language.

    `absolute` is its whole address, "" if nobody knows it; `card` that of its picture for link previews.
    """

    language: str
    direction: str
    root: str
    home: str
    campaign: str
    tongues: tuple[Tongue, ...]
    absolute: str = ""
    card: str = ""
    qr: str = ""
