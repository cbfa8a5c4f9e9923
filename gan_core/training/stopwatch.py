"""How long a step took, without the time that its process was asleep: a closed laptop or a suspended program does not train."""

import time

LONG = 30.0  # seconds of a step from which on it is asked whether the process was at work meanwhile
AT_WORK = (
    0.01  # share of that time that a process at work has had of the processor, also on a busy machine or beside a GPU
)


class Stopwatch:
    """Measures one step after another. It rests on clocks that no change of the computer's time moves."""

    def __init__(self):
        self.start()

    def start(self) -> None:
        """From here on."""
        self._clock, self._work = time.monotonic(), time.process_time()

    def lap(self) -> float:
        """Seconds since the start; where the process was asleep for nearly all of them, only those in which it worked."""
        took, worked = time.monotonic() - self._clock, time.process_time() - self._work
        return worked if took > LONG and worked < AT_WORK * took else took
