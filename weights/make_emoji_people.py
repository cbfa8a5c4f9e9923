"""Makes the pictures that emoji-people learned from: `npm i @lobehub/fluent-emoji-3d@1.1.0`, then
python weights/make_emoji_people.py node_modules/@lobehub/fluent-emoji-3d/assets FOLDER

People shown as a bust, in every skin tone and profession; Fluent Emoji by Microsoft, MIT licence. On white, 64 px.
"""

import sys
from pathlib import Path

from PIL import Image

PEOPLE = """1f385 1f466 1f467 1f468 1f469 1f46e 1f470 1f471 1f472 1f473 1f474 1f475 1f476 1f477 1f478 1f47c 1f482 1f575 1f934 1f935
1f936 1f977 1f9b8 1f9b9 1f9d1 1f9d2 1f9d3 1f9d4 1f9d5 1f9d9 1f9db 1f9df"""
GROUPS = (
    "2764 1f466 1f467 1f468 1f469 1f48b 1f91d 1f9af 1f9bc 1f9bd 1f37c 1f9d1 1f9d2"  # several people, or whole bodies
)
JOINERS = {"200d", "fe0f"}


def is_bust(code: str) -> bool:
    """Whether a file named after its code points (joined by dashes) shows one person's head and shoulders."""
    first, *rest = code.split("-")
    return first in PEOPLE.split() and not (set(rest) - JOINERS) & set(GROUPS.split())


def main(assets: str, folder: str) -> None:
    """Write the chosen pictures as PNG."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    chosen = sorted(p for p in Path(assets).glob("*.webp") if is_bust(p.stem))
    for path in chosen:
        picture = Image.open(path).convert("RGBA").resize((64, 64), Image.Resampling.LANCZOS)
        white = Image.new("RGBA", picture.size, "white")
        Image.alpha_composite(white, picture).convert("RGB").save(Path(folder) / f"{path.stem}.png")
    print(f"{len(chosen)} pictures")


if __name__ == "__main__":
    main(*sys.argv[1:])
