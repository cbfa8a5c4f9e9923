"""Coarse, middle and fine: the layers of a style-based model in three groups. No torch."""


def layer_groups(layers: int) -> list[list]:
    """[word, first, stop] of coarse, middle and fine layers; a pyramid of 1,024 px is cut where Karras et al. 2019 cut it."""
    if layers < 2:
        return []
    first = min(4, max(1, 2 * round(0.2 * layers)))
    second = min(8, max(first + 1, 2 * round(0.4 * layers)))
    spans = [["coarse", 0, first], ["middle", first, second], ["fine", second, layers]]
    return [span for span in spans if span[1] < span[2]]
