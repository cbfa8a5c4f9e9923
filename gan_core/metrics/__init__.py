"""Numbers for how good samples are: KID first, Fréchet distance, precision and recall, and a gauge of variety.

`python -m gan_core.metrics MODEL --data faces` prints them for a model; `evaluate` is the same as a function.
"""

from gan_core.metrics.diversity import diversity
from gan_core.metrics.evaluate import Report, evaluate
from gan_core.metrics.features import DEFAULT, EXTRACTORS, extract, load_extractor
from gan_core.metrics.frechet import frechet
from gan_core.metrics.kid import kid
from gan_core.metrics.precision_recall import Manifold, manifold

__all__ = [
    "DEFAULT",
    "EXTRACTORS",
    "Manifold",
    "Report",
    "diversity",
    "evaluate",
    "extract",
    "frechet",
    "kid",
    "load_extractor",
    "manifold",
]
