"""Ready to share? What a model card says of licence, people, rights and copies, and what speaks against publishing.

`ModelConfig.sharing` holds it: {licence, licence_words, people, rights, words} as a person answered, `check` as it was measured.
"""

LICENCES = {  # code -> (name, the Hub's id)
    "cc0": ("CC0 1.0", "cc0-1.0"),
    "by": ("CC BY 4.0", "cc-by-4.0"),
    "by-nc": ("CC BY-NC 4.0", "cc-by-nc-4.0"),
    "own": ("", "other"),  # in words of one's own
}
PEOPLE = {
    "none": "no real people",
    "agreed": "real people, who agreed to this model being shared",
    "unasked": "real people, who were not asked",
}
RIGHTS = {
    "own": "whoever trained this made the pictures or has the rights to them",
    "licence": "a licence of the pictures allows it",
    "unsure": "not known",
}
VERDICTS = {
    "fresh": "no sign of copying: {close} of {samples} samples were too close to a training picture, {expected} would be by chance",
    "some": "some samples may be copies: {close} of {samples} were too close to a training picture, {expected} would be by chance",
    "copies": "mostly copies: {close} of {samples} samples were too close to a training picture, {expected} would be by chance",
}
ENGLISH = {  # how a card says it; hub.hub_card has the same in Chinese
    "people": PEOPLE,
    "rights": RIGHTS,
    "verdicts": VERDICTS,
    "held_out": "{fresh} real pictures kept from training; false alarms {alarms}",
    "one_out": "{fresh} real pictures in the training set, each against the others; false alarms {alarms}",
    "rows": {
        "licence": "licence of the model",
        "people": "people in the pictures",
        "rights": "right to share",
        "copies": "copies of training pictures",
        "against": "measured against",
        "pictures": "training pictures",
        "diversity": "diversity beside them",
    },
}
FEW_PICTURES = 50  # of these a model repeats most, however it is trained
ALIKE = 0.5  # diversity beside that of the pictures (1) below which the samples are called alike


def concerns(sharing: dict) -> list[str]:
    """Return, by code and the gravest first, what speaks against publishing a model with these answers; [] when nothing does.

    copies, unasked, unsure: do not publish. some, unchecked, licence, few, alike: look again first.
    """
    check = _dict(sharing.get("check"))
    tests = {
        "copies": check.get("verdict") == "copies",
        "unasked": sharing.get("people") == "unasked",
        "unsure": sharing.get("rights") == "unsure",
        "some": check.get("verdict") == "some",
        "unchecked": not check,
        "licence": not licence(sharing)[0],
        "few": 0 < check.get("pictures", 0) < FEW_PICTURES,
        "alike": check.get("diversity", 1) < ALIKE,
    }
    return [code for code, found in tests.items() if found]


def licence(sharing: dict) -> tuple[str, str]:
    """(name, the Hub's id) of the licence that was chosen; ("", "") before."""
    chosen = sharing.get("licence")
    if chosen == "own":
        return str(sharing.get("licence_words") or ""), "other"
    return LICENCES.get(chosen, ("", "")) if isinstance(chosen, str) else ("", "")


def facts(sharing: dict, words: dict = ENGLISH) -> dict:
    """Return {what: words} for the model card's table, in the language of `words`. Never a training picture, nor which of them were near."""
    check, rows = _dict(sharing.get("check")), words["rows"]
    told = {
        rows["licence"]: licence(sharing)[0],
        rows["people"]: words["people"].get(str(sharing.get("people")), ""),
        rows["rights"]: words["rights"].get(str(sharing.get("rights")), ""),
    }
    if check:
        expected = f"{check.get('alarm', 0) * check.get('samples', 0):.0f}"
        sentence = words["verdicts"].get(str(check.get("verdict")), "")
        told[rows["copies"]] = sentence.format(**{"close": "?", "samples": "?", **check, "expected": expected})
        against = words["held_out" if check.get("held_out") else "one_out"]
        told[rows["against"]] = against.format(
            fresh=check.get("fresh", "?"), alarms=f"{check.get('false_alarm', 0):.1%}"
        )
        told[rows["pictures"]] = check.get("pictures")
        told[rows["diversity"]] = check.get("diversity")
    return told


def _dict(value) -> dict:
    return value if isinstance(value, dict) else {}
