"""What a weight file does not say and an importer therefore assumed, as (code, value) pairs that a page can put in any language."""

ENGLISH = {
    "layout": "the layout of {value}",
    "hidden": "{value} between the layers",
    "final": "{value} at the end",
    "latent": "latent numbers are {value}",
    "sizes": "sizes {value}",
    "convolution": "{value} where both kinds would fit",
    "upsampling": "{value} enlarging",
    "eps": "BatchNorm with ε = {value}",
    "label": "the class {value}",
    "noise": "noise: {value}",
    "weights": "weights: {value}",
    "shape": "pictures of {value}",
}
Assumed = tuple[tuple[str, str], ...]


def in_words(assumed: Assumed) -> str:
    """The sentence for a list of assumptions; "" for none."""
    return "; ".join(ENGLISH[code].format(value=value) for code, value in assumed)
