"""The one exception whose words are meant for a person."""


class StudioError(ValueError):
    """Something a person can put right, said in a sentence that tells how.

    `code` names the sentence (the interface translates `error.<code>` with `facts`); `template` is the English sentence
    with `{fact}` fields, which `str(error)` shows filled in.
    """

    def __init__(self, code: str, template: str, **facts):
        self.code, self.facts = code, facts
        super().__init__(template.format(**facts) if facts else template)
