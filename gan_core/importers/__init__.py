"""Other people's weights: one file per layout, one table. Nothing of a file is ever run."""

# Asked in this order. Each entry is a function (Contents) -> list[Candidate], the likeliest first; empty: not this layout.
# Raises StudioError when it is this layout but cannot be had (a discriminator, a size that we cannot draw).
IMPORTERS: dict[str, str] = {}
