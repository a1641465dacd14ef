"""Says: what a stretch of a document is by its own words: advice, a letter, a call, a part of a web page."""

import regex

from bot.core.tongue import words_of

# Why something is no post, as a person reads it.
CONTENTS = "from the table of contents"
LETTER = "part of a letter"
CALL = "what to say on the phone"
ADVICE = "it speaks to those who post, not to their readers"
BACKGROUND = "background for those who post"
MATERIAL = "material to go with posts"
PAGE = "part of a web page, not of a post"
MADE = "it says who made a picture or a text"
TO_COME = "its words are still to come"
PRINT = "small print"
NAMES = "a name, or a list of names"

Whys = tuple[tuple[str, regex.Pattern[str]], ...]


def _like(*patterns: str) -> regex.Pattern[str]:
    return regex.compile("|".join(patterns), regex.I | regex.S)


def _one(phrases: str) -> str:
    """One of the phrases, which rows and | part."""
    return "(?:" + "|".join(one.strip() for one in phrases.replace("\n", "|").split("|") if one.strip()) + ")"


POSTS = rf"\b{_one('posts?|tweets?|toots?|skeets?|captions?|messages?|mensajes?|publicación|publicaciones|tuits?')}\b"
SAMPLE = rf"\b{_one('sample|suggested|example|draft|template|ejemplos?|sugerid[oa]s?|modelo|muestra')}\b"
ANNOUNCES = _like(rf"{SAMPLE}.{{0,60}}{POSTS}", rf"{POSTS}.{{0,60}}{SAMPLE}")
SPEAKS_OF_POSTS = _like(POSTS)
# What else stands in a heading that announces posts and says nothing more.
MORE = words_of("and y or o your tus our más more")

# Most rows of a part of a web page are such.
FURNITURE = _like(
    _one(
        r"""
        (top|bottom) of page | back to top | skip to (main )?content | search( by tags?)?
        (recent|related|previous|next|older|newer) posts? | read more | share this( post| page)?
        leave a (comment|reply) | (log|sign) in | subscribe | menu | home | .{0,40}powered by
        (reuters|getty images|ap photo|afp) ?[/–-].*
        volver arriba | entradas recientes | leer más | comparte esta página
        """
    )
    + r"\W*"
)
DO = r"""
    use | share | copy | post | customi[sz]e | personali[sz]e | edit | adapt | replace | download | include | add | tag
    usa | comparte | copia | publica | personaliza | cambia | descarga | incluye | añade
"""
WITH = r"""
    these | this (letter|toolkit) | the following | below | samples? | toolkit | hashtags? | graphics? | templates?
    brackets | posts | tweets | messages
    est[ao]s (mensajes|publicaciones|textos|tuits) | siguientes | ejemplos? | plantillas? | corchetes | etiquetas?
"""
SAYS: Whys = (
    (
        MADE,
        _like(
            r"\A(?:photo|image|picture|graphic|foto|imagen)s? ?(?:credits?\b|by\b|courtesy\b|:|de\b|por\b)",
            r"\A(?:credits?|crédito|by|por):",
            r"\A(?-i:(?:\p{Lu}[\w.’'-]+ ){2,3})(?:is|es) \w.*\b(?:s?he|they|ella|él) (?:is|serves|works|trabaja)\b",
        ),
    ),
    (
        TO_COME,
        _like(r"\b(?:text|summary|copy|content|quote|texto)\b.{0,40}\b(?:goes here|va aquí)\b", r"\Alorem ipsum"),
    ),
    (
        PRINT,
        _like(
            r"\A(?:©|copyright\b)",
            r"\b(?:all rights reserved|todos los derechos reservados|only be charged|privacy policy)\b",
        ),
    ),
    (
        CALL,
        _like(
            r"\b(?:my name is|i['’]?m|i am|me llamo|soy)\b.{0,80}\b(?:calling|constituent|llamando|votante)\b",
            r"\b(?:when connected|(?:by|start) dialing|leave a (?:voicemail|message)|taking my call)\b",
        ),
    ),
    (
        ADVICE,
        _like(
            rf"\A(?:please |por favor,? )?{_one(DO)}\b.{{0,60}}\b{_one(WITH)}\b",
            r"\b(?:copy and paste|cut and paste|copia y pega|by using the hashtag|usando la etiqueta)\b",
            r"\Afeel free to\b",
        ),
    ),
)
# What stands above tells of all below it what it is.
BELOW: Whys = (
    (
        BACKGROUND,
        _like(
            r"background|overview|introduction|talking points|about (?:us|this|the|our)\b.*",
            "antecedentes|contexto|introducción|puntos de conversación|quiénes somos",
        ),
    ),
    (
        MATERIAL,
        _like(
            "graphics|images|photos|resources|links|hashtags|handles",
            "gráficos|imágenes|fotos|recursos|enlaces|etiquetas",
        ),
    ),
    (CONTENTS, _like("(?:table of )?contents|índice|contenidos?|tabla de contenidos?")),
    (
        CALL,
        _like(
            r".*\b(?:call|phone|voicemail)\b.*\bscripts?\b.*",
            r".*\bgui[oó]n\b.*\b(?:llamada|teléfono|telefónico)\b.*",
        ),
    ),
    (LETTER, _like(r"(?:sample |template |model )?(?:letter|carta)\b.*")),
    (ADVICE, _like(r"(?:how to (?:use|post|share)|instructions?|cómo usar|instrucciones)\b.*")),
    (
        NAMES,
        _like(
            "(?:our |campaign |key |coalition )*(?:contacts?|signatories|supporters|partners|members)",
            "contactos?|firmantes|organizaciones(?: firmantes)?",
        ),
    ),
)

GREETING = _like(
    r"(?:dear|estimad[oa]s?|querid[oa]s?|to whom it may concern|a quien corresponda)\b[^.!?\n]{0,80}[,:](?:\n.*)?"
)
GOODBYE = """
    sincerely | respectfully | (best|kind|warm) regards | yours (truly|sincerely|faithfully) | in solidarity
    atentamente | respetuosamente | saludos( cordiales)? | cordialmente
"""
FAREWELL = _like(rf"(?:\A|\n){_one(GOODBYE)}[^\S\n]*,?[^\S\n]*(?:\n[^\n]{{0,120}}){{0,4}}\Z")
# The end of a row that is no sentence without what stands below it.
OPEN = _like(r"\b(?:will|also|with|to|by|for|from|at|are|is|can|include|con|a|por|para|de|son|puedes)\s*:\Z")


def says(text: str) -> str:
    """Why a text is no post by its own words, "" if they do not tell."""
    rows = text.split("\n")
    if 2 * sum(bool(FURNITURE.fullmatch(row)) for row in rows) > len(rows):
        return PAGE
    return next((why for why, pattern in SAYS if pattern.search(text)), "")


def says_of_rest(heading: str) -> str:
    """Why nothing below a heading is a post, "" if it does not tell."""
    return next((why for why, pattern in BELOW if pattern.fullmatch(heading.strip(" :"))), "")
