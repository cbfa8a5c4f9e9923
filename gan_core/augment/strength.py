"""How much augmentation a picture set needs."""


def strength_for(pictures: int) -> float:
    """DiffAugment's share of pictures: all below 2,000, 0.3 up to 30,000, none above (it hurts there; Zhao et al. 2020, table 4)."""
    return 1.0 if pictures < 2000 else 0.3 if pictures <= 30_000 else 0.0
