"""What networks would misread in words, and no false alarm about ordinary ones."""

import pytest

from bot.core.problem import Problem
from bot.work.look import look, tag_shape

ORDINARY = {
    "a list of facts": "In 2018, 1,995 children were taken from parents. That's 46 a day. Never again.",
    "money and shares": "The county pays $775 a night; a caseworker costs $36. That is 5% of it!",
    "two sums": "From $3 to $300,000: every gift counts.",
    "initials": "Dr. M. L. King Jr. said it in Washington, D.C., at 3 p.m. on Aug. 28.",
    "a number sign": "We are #1 in asthma. Let's not be #1.",
    "an ellipsis": "First the buses… then the trams... and now the trains?",
    "a tag in the middle and at the end": "Our #CleanAir plan is ready. Read it! #CleanAir #BusesNow",
    "a tag before a full stop": "We want #CleanAir. We want it now, #Springfield!",
    "a tag in the plural and with digits": "See you at #COP30 and #Vote2026.",
    "a whole link": "Sign here: https://example.org/sign?a=b#now",
    "a link in brackets": "Sign here (https://example.org/sign).",
    "an address": "Write to hello@example.org today.",
    "a mention inside": "Thank you, @mayor_example, for the new bus lane.",
    "Spanish": "¿Sabías que 9 de cada 10 niñas y niños respiran aire sucio? ¡Basta ya! #AireLimpio, por favor.",
    "Spanish with numbers": "Son 1.995 familias. El 20.06.2018 cambió todo, a las 10 a. m.",
    "German": "Am 01.12.2026 um 18 Uhr, z. B. vor dem Rathaus: Straßen für alle! #SaubereLuft",
    "German quotation": "Wir sagen: „Saubere Luft für alle!“ Und das gilt, bzw. galt, überall.",
    "French": "L'air pur, c'est un droit : signez aujourd'hui ! #AirPur",
    "Arabic": "نطالب بهواء نظيف لأطفالنا. وقّعوا اليوم! #هواء_نظيف",
    "Arabic with a comma after a tag": "معاً من أجل #المستقبل، وقّعوا الآن. ما رأيكم في #الهواء؟",
    "Hindi": "हमारे बच्चों के लिए साफ़ हवा चाहिए। #साफ़हवा",
    "Japanese": "きれいな空気を子どもたちに。 署名をお願いします。 #きれいな空気",
    "emoji": "Take the 🚍 today 👨‍👩‍👧‍👦 and breathe 🌬️.",
    "a list": "Three asks:\n1. Buses\n2. Trams\n3. Trains",
    "versions and times": "Plan 2.0 starts at 9.30 and costs 3.5 million.",
}


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_words_raise_no_alarm(text: str) -> None:
    assert list(look(text, "a.txt:1")) == []


FOUND = {
    "@mayor, please act.": "begin with a mention",
    "Sell $AAA, buy $BBB.": "more than one $TAG",
    "This must end.It must end now.": '"end.It" for a link',
    "See example.org for more.": '"example.org" for a link',
    "Now: #Clean-Air today": '"#Clean-Air" is not linked whole',
    "#100Days of clean air": '"#100Days" is not linked whole',
    "We want #CleanAir's plan": "is not linked whole",
    "We want (#CleanAir) now": '"#CleanAir" is not linked everywhere',
    "Das heißt „#Luft“ hier": '"#Luft" is not linked everywhere',
    "We #keepfamiliestogether here": "hard to read aloud",
    "#KEEPFAMILIESTOGETHER": "hard to read aloud",
    "#lasfamíliasjuntas siempre": "hard to read aloud",
}


@pytest.mark.parametrize(("text", "what"), FOUND.items(), ids=FOUND)
def test_what_a_network_would_misread_is_told(text: str, what: str) -> None:
    (found,) = look(text, "a.txt:1")
    assert what in found.what and found.hint and found.severity == "warning" and found.where == "a.txt:1"


@pytest.mark.parametrize(
    "tag", ["#CleanAir", "#cleanair", "#NATO", "#هواءنظيفللجميعدائماً", "#きれいな空気を子どもたちに"]
)
def test_short_tags_and_tags_without_capitals_are_left_alone(tag: str) -> None:
    found: list[Problem] = list(tag_shape(tag, "c"))
    assert found == []
