"""Cheap cues of spoken English: does this ask, change the subject, greet, or say goodbye. No case, no punctuation needed."""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)*")

# The form of a request, wherever it stands in the turn: a wh-word or auxiliary before "you", or an imperative to tell.
_REQUEST = re.compile(
    r"\b(?:tell (?:me|us)|walk (?:me|us)|talk (?:me|us)|take (?:me|us)|give (?:me|us)|show (?:me|us)|describe|explain|imagine|suppose"
    r"|let's say|pretend|picture (?:this|it)|say (?:a|you|your|i'm|we|that)|hypothetical|what if)\b"
)
_INVERTED = re.compile(
    r"\b(?:do|did|does|have|has|had|are|were|was|is|can|could|would|will|how'd|what'd|you'd)"
    r" (?:you|you've|your|that|it|they|there|he|she|anybody|anyone|somebody)\b"
)
_WH = re.compile(r"\b(?:what|how|why|when|where|who|which)(?:'s|'d|'re|'ve|'ll)?\b")
_SHIFT = re.compile(
    r"\b(?:next (?:one|question|up|thing|bit)|last (?:one|question|thing|bit)|final (?:one|question)|another one|different (?:one|thing|question)"
    r"|switch(?:ing)?|chang(?:e|ing) (?:the )?(?:subject|gears|tack)|mov(?:e|ing) on|shift(?:ing)?|let's (?:do|talk|go|move|turn|start|try|get)"
    r"|turn(?:ing)? to|on to|one more|jump(?:ing)?|come to|new (?:topic|one)|other side|something else|what about|how about|start with|the first one)\b"
)
_INVITE = re.compile(
    r"\b(?:questions? for (?:me|us)|ask (?:me|us)|for (?:me|us)$|your turn|anything (?:from|on) your (?:side|end)|(?:can|could) (?:i|we) (?:answer|tell you)"
    r"|(?:want|like) to (?:know|ask)|over to you|you(?:'ve| have)? got (?:any|some)? ?(?:questions|for)|your questions|flip it|ask away|what've you got)\b"
)
_GOODBYE = re.compile(
    r"\b(?:thank you|thanks|thank|appreciate|bye|goodbye|take care|in touch|hear from|let you know|be hearing|have a good|good luck|cheers|see you"
    r"|that's (?:all|everything|it)|by (?:monday|tuesday|wednesday|thursday|friday|the end)|next steps?|this week|next week)\b"
)
_GREETING = re.compile(
    r"\b(?:hi|hello|hey|hiya|morning|afternoon|evening|hear (?:me|you)|see (?:me|you)|meet you|weather|parking|traffic|train|find us|how are you"
    r"|how's it going|i'm|my name|we've got|we have|minutes|coffee|recording|echo|joining|welcome)\b"
)
_HITCH = re.compile(
    r"\b(?:sorry|one second|one sec|hold on|hang on|hear me|lost you|froze|frozen|cut out|dropped|back now|skip|leave (?:that|it)|come back to"
    r"|pause|break|door|alarm|camera|mute|muted|on (?:my|the|this) (?:list|sheet|page|paper)|running (?:out|short)|time|my notes)\b"
)

_SKIP = re.compile(
    r"\b(?:skip|leave (?:that|it|this|those) (?:out|one|for|with|to|blank)?|gonna leave|going to leave|won't ask|not going to ask|pass over|pass on that"
    r"|(?:i'd|i would) (?:normally|usually|ordinarily)|(?:i|we) (?:had|did have|do have|have|'ve got|got) (?:one|another|a question|one more)"
    r"(?: more| here| left)? (?:on|about)|cover(?:s|ed|ing)? (?:that|this|it)|(?:not|n't) need to (?:ask|go)|drop that one|take that one)\b"
)
_OFF_LIST = re.compile(
    r"\b(?:not on (?:here|my|the|this)|isn't on (?:here|my|the)|ask everyone|ask everybody|off (?:the )?(?:list|script|piste)|out of curiosity|just curious"
    r"|before i forget|for me personally|my own (?:one|question)|one of mine|unrelated)\b"
)


def words(text: str) -> list[str]:
    """Lower-case words in order; punctuation and case are gone."""
    return _WORD.findall(text.lower().replace("’", "'"))


_FILLERS = frozenset(
    words(
        "okay ok so right and um uh er em yeah yes no well now good great alright all cool sure gotcha hm huh mm mhm "
        "ah oh ha lovely nice fine perfect then but like you know i see that's interesting fair enough makes sense "
        "thank thanks"
    )
)
_STOP = frozenset(
    words(
        "a an the of to in on at for from with by as is are was were be been being it its it's this that these those "
        "there here i i'm i've i'd i'll me my mine we we're we've us our you you're you've you'd your yours he she "
        "they them their his her him what which who whom whose when where why how do does did done doing have has had "
        "having can could will would should shall may might must not no don't didn't doesn't isn't wasn't if then "
        "than so and or but because about into over out up down off just like really very kind sort bit lot one ones "
        "thing things something anything get got go going went say said tell know think mean want yeah okay um uh er "
        "well right now also any some all more most other another too much many that's there's what's how's let's "
        "gonna did'nt them 'em way time"
    )
)


def flat(text: str) -> str:
    """The words joined by single blanks: what the patterns here read."""
    return " ".join(words(text))


def content(text: str) -> frozenset[str]:
    """Words that carry a subject, cut to a stem of six letters so that plain inflection does not part them."""
    return frozenset(
        word.split("'")[0][:6] for word in words(text) if word not in _STOP and word not in _FILLERS and len(word) > 2
    )


def without_lead_in(text: str) -> str:
    """The text without the fillers that it starts with; the text itself where nothing else is left."""
    return " ".join(text.split()[lead_in_words(text) :]) or text


def lead_in_words(text: str) -> int:
    """How many fillers the text starts with."""
    tokens = text.split()
    return next((at for at, token in enumerate(tokens) if flat(token) and flat(token) not in _FILLERS), len(tokens))


def is_backchannel(text: str) -> bool:
    """True for at most six words that are all fillers, or no words at all."""
    tokens = words(text)
    return (len(tokens) <= 6 and all(token in _FILLERS for token in tokens)) or not tokens


def asks(text: str) -> bool:
    """True where the turn has the form of a question or of a request to tell."""
    plain = flat(text)
    return "?" in text or bool(_REQUEST.search(plain) or _INVERTED.search(plain))


def cue_counts(text: str) -> dict[str, float]:
    """0/1 per kind of cue: mark, request, inverted, wh, shift, invite, goodbye, greeting, hitch, skip, off-list."""
    plain = flat(text)
    found = {
        "request": _REQUEST, "inverted": _INVERTED, "wh": _WH, "shift": _SHIFT, "invite": _INVITE, "goodbye": _GOODBYE,
        "greeting": _GREETING, "hitch": _HITCH, "skip": _SKIP, "off-list": _OFF_LIST,
    }  # fmt: skip
    return {"mark": float("?" in text), **{name: float(bool(pattern.search(plain))) for name, pattern in found.items()}}
