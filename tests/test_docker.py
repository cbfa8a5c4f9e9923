"""The Dockerfile and what it takes along agree with the program. (Nothing is built here.)"""

import json
import re
from pathlib import Path

from gan_core.space.contents import PARTS
from gan_core.ui import stopping

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_takes_what_a_space_takes():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines.index("*") < min(lines.index(f"!{part}") for part in PARTS)
    assert {line[1:] for line in lines if line.startswith("!")} == set(PARTS)


def test_the_image_starts_the_app_that_is_here():
    program, *words = json.loads(re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1])[1:]
    app = (ROOT / program).read_text(encoding="utf-8")
    flags = [word for word in words if word.startswith("--")]
    assert flags == ["--runs", "--imported"] and all(f'"{flag}"' in app for flag in flags)
    assert f"{stopping.CONTAINER_VARIABLE}=1" in DOCKERFILE and re.search(r"^USER (?!0|root)", DOCKERFILE, re.MULTILINE)
    given = int(re.search(r"--stop-timeout (\d+)", DOCKERFILE)[1])
    assert given > stopping.PATIENCE + stopping.LAST
