"""How tests look at what the Hub's part of gan_core refuses."""

import pytest

from gan_core.errors import StudioError


def failure(call, *args, **options) -> StudioError:
    """The StudioError that a call raises: of the Hub's, and a sentence."""
    with pytest.raises(StudioError) as caught:
        call(*args, **options)
    assert caught.value.code.startswith("hub.") and str(caught.value)[-1] in ".?"
    return caught.value
