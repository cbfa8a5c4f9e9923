"""What can go wrong with the machine under any request, in words: a full disk, memory that ran out, a graphics card that is gone.

No gradio here.
"""

from gan_core.errors import StudioError
from gan_core.files import FULL


def in_words(error: BaseException) -> StudioError | None:
    """The sentence for an error that is the machine's; None for any other."""
    if isinstance(error, StudioError):
        return error
    if isinstance(error, OSError):
        if error.errno in FULL:
            return StudioError("disk.full", "The disk is full. Make some room and try again; nothing was half-written.")
        return None
    from gan_core.training.memory import device_lost, out_of_memory

    if out_of_memory(error):
        return StudioError(
            "memory.full", "Memory ran out. Try a smaller size or fewer pictures, or close other programs."
        )
    if device_lost(error):
        return StudioError(
            "device.lost", "The graphics card stopped answering. Try again; if that does not help, start the app again."
        )
    return None
