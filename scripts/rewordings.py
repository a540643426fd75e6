"""The same talk in other words that must not matter: names, gender, places, spelling, punctuation, fillers, articles."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from models.transcript import Turn

Rewording = Callable[[str, random.Random], str]

PEOPLE = (
    "Oluwaseun", "Siobhan", "Nguyen", "Fatima", "Wei", "Priya", "Grace", "Dmitri", "Maria", "Will", "Kwame", "Yuki", "Hans", "Rosa",
    "Abdullah", "Emily", "Tyrone", "Mei-Ling", "Joy", "Björn",
)  # fmt: skip
PLACES = (
    "Lagos",
    "Harvard",
    "Cleveland",
    "Kraków",
    "Oxford",
    "Detroit",
    "Bangalore",
    "Google",
    "Deloitte",
    "Swindon",
    "Infosys",
    "Reading",
)
GENDER = {
    "he": "she", "she": "he", "him": "her", "his": "her", "her": "his", "hers": "his", "himself": "herself", "herself": "himself",
    "he's": "she's", "she's": "he's", "he'd": "she'd", "she'd": "he'd", "man": "woman", "woman": "man", "men": "women", "women": "men",
    "guy": "lady", "guys": "ladies", "girl": "boy", "boy": "girl", "mother": "father", "father": "mother", "mum": "dad", "mom": "dad",
    "dad": "mom", "husband": "wife", "wife": "husband", "son": "daughter", "daughter": "son", "brother": "sister", "sister": "brother",
    "mr": "ms", "ms": "mr", "mrs": "mr", "sir": "madam", "madam": "sir", "lady": "guy", "gentleman": "lady", "salesman": "saleswoman",
    "foreman": "forewoman", "chairman": "chairwoman",
}  # fmt: skip
BRITISH = {
    "organize": "organise", "prioritize": "prioritise", "realize": "realise", "recognize": "recognise", "analyze": "analyse",
    "analyzed": "analysed", "organized": "organised", "prioritized": "prioritised", "realized": "realised", "summarize": "summarise",
    "apologize": "apologise", "apologized": "apologised", "center": "centre", "color": "colour", "behavior": "behaviour", "labor": "labour",
    "favor": "favour", "honor": "honour", "canceled": "cancelled", "labeled": "labelled", "traveled": "travelled", "modeling": "modelling",
    "program": "programme", "catalog": "catalogue", "defense": "defence", "license": "licence", "gray": "grey", "check": "cheque",
    "customize": "customise", "customized": "customised", "standardized": "standardised", "optimize": "optimise", "learned": "learnt",
    "escalation": "escalation", "enrollment": "enrolment", "fulfill": "fulfil", "skeptical": "sceptical", "judgment": "judgement",
    "math": "maths", "while": "whilst", "among": "amongst", "toward": "towards", "backward": "backwards", "dialog": "dialogue",
}  # fmt: skip
del BRITISH["check"], BRITISH["escalation"]
FILLERS = ("um,", "uh,", "you know,", "I mean,", "like,", "er,")
SPOKEN_FILLERS = re.compile(r"\b(?:um+|uh+|er+m?|erm|hmm|you know|i mean|sort of|kind of)\b,?\s*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def swapped(table: dict[str, str]) -> Rewording:
    """Every word that the table has for the one beside it, in the case in which it was written."""

    def reword(text: str, chance: random.Random) -> str:
        def one(match: re.Match[str]) -> str:
            word = match.group()
            other = table.get(word.lower().replace("’", "'"), word)
            return other.capitalize() if word[0].isupper() and other != word else other

        return _WORD.sub(one, text)

    return reword


def proper_names(turns: Sequence[Turn]) -> frozenset[str]:
    """Words that stand with a capital inside sentences and never without one."""
    inside, lower = set(), set()
    for turn in turns:
        for match in _WORD.finditer(turn.text):
            word, before = match.group(), turn.text[: match.start()].rstrip()
            if word[0].islower():
                lower.add(word.lower())
            elif before and before[-1] not in '.?!:"“-–—…)]' and len(word) > 2:
                inside.add(word)
    return frozenset(
        word
        for word in inside
        if word.lower() not in lower and not word.isupper() and "'" not in word and "’" not in word
    )


def renamed(turns: Sequence[Turn], pool: Sequence[str], chance: random.Random) -> tuple[Turn, ...]:
    """Every proper name (person, place, school, employer, product) for one of the pool, the same one throughout the talk."""
    names = sorted(proper_names(turns))
    other = {name: chance.choice(pool) for name in names}
    return tuple(
        turn.model_copy(update={"text": _WORD.sub(lambda m: other.get(m.group(), m.group()), turn.text)})
        for turn in turns
    )


def with_fillers(text: str, chance: random.Random) -> str:
    """A filler after every fourteenth word or so."""
    return " ".join(f"{word} {chance.choice(FILLERS)}" if chance.random() < 0.07 else word for word in text.split(" "))


def without_fillers(text: str, chance: random.Random) -> str:
    """No um, uh, you know, I mean, sort of, kind of."""
    return SPOKEN_FILLERS.sub("", text) or text


def without_marks(text: str, chance: random.Random) -> str:
    """No punctuation but apostrophes and what stands inside numbers."""
    return " ".join(re.sub(r"(?<!\d)[.,;:?!…\"“”()\[\]–—-]+|[.,;:?!…\"“”()\[\]–—-]+(?!\d)", " ", text).split()) or text


def articles_amiss(text: str, chance: random.Random) -> str:
    """Half of the articles gone or wrong, as speakers of languages without articles say them."""

    def one(match: re.Match[str]) -> str:
        roll = chance.random()
        if roll < 0.35:
            return ""
        return "the " if roll < 0.5 and match.group().lower().startswith("a") else match.group()

    return re.sub(r"\b(?:the|a|an)\s", one, text, flags=re.IGNORECASE) or text


TEXTS: dict[str, Rewording] = {
    "pronouns and gendered words swapped": swapped(GENDER),
    "lower case": lambda text, chance: text.lower(),
    "no punctuation": without_marks,
    "lower case, no punctuation": lambda text, chance: without_marks(text, chance).lower(),
    "fillers added": with_fillers,
    "fillers removed": without_fillers,
    "British spelling": swapped(BRITISH),
    "American spelling": swapped({british: american for american, british in BRITISH.items()}),
    "article errors": articles_amiss,
}


def rewordings(turns: Sequence[Turn], seed: int = 0) -> dict[str, tuple[Turn, ...]]:
    """The talk in each of its other wordings; turn numbers, speakers and times stay."""
    made = {
        "names of people": renamed(turns, PEOPLE, random.Random(seed)),
        "places, schools, employers": renamed(turns, PLACES, random.Random(seed + 1)),
    }
    for name, reword in TEXTS.items():
        chance = random.Random(seed + 2)
        made[name] = tuple(turn.model_copy(update={"text": reword(turn.text, chance)}) for turn in turns)
    return made
