"""Cuts many small photographs out of the few large ones in Debian's wallpaper packages.

    apt-get install mate-backgrounds plasma-workspace-wallpapers lomiri-wallpapers-16.04 lomiri-wallpapers-20.04
    python3 cut.py FOLDER [PIECES]

Needs Pillow. Only pictures that show the world are taken, no drawings. The pieces are the same at each run.
"""

import pathlib
import random
import sys

from PIL import Image

BACKGROUNDS = pathlib.Path("/usr/share/backgrounds")
WALLPAPERS = pathlib.Path("/usr/share/wallpapers")
MATE = """Aqua Blinds Dune FreshFlower Garden GreenMeadow LadyBird RainDrops Storm TwoWings Wood YellowFlower"""
PLASMA = """BytheWater ColdRipple ColorfulCups DarkestHour EveningGlow FallenLeaf Grey Kite OneStandsOut Path Volna
    summer_1am"""
LOMIRI = """Bridge_by_Sander_Klootwijk Dragonfly_by_Bolly Picture_0B_by_freespace Picture_1A_by_freespace
    Wine_by_Jakkub_Mede aitzgorri_by_Aitzol_Berasategi free_by_Peter_Nerlich friends_by_Aitzol_Berasategi
    greentock_by_Peter_Nerlich life_by_Aitzol_Berasategi picosdeeuropa_by_Aitzol_Berasategi
    seeding_by_Clements_Engelhardt sunset_by_Aitzol_Berasategi Kleiber_by_Lukas_Baubkus"""

SEED = 1
WIDTH, HEIGHT = 320, 240
SHARE_OF_WIDTH = (0.2, 0.5)


def photographs():
    """Paths of the large photographs, of each the largest copy."""
    found = [BACKGROUNDS / "mate" / "nature" / f"{name}.jpg" for name in MATE.split()]
    found += [BACKGROUNDS / f"{name}.jpg" for name in LOMIRI.split()]
    for name in PLASMA.split():
        copies = (WALLPAPERS / name / "contents" / "images").glob("*.jpg")
        found.append(max(copies, key=lambda copy: (copy.stat().st_size, copy.name)))
    missing = [str(path) for path in found if not path.is_file()]
    if missing:
        raise SystemExit("missing: " + ", ".join(missing) + "; install the packages named in this file")
    return found


def pieces(picture, count, rng):
    """`count` random pieces of a picture, three by four, scaled to WIDTH x HEIGHT."""
    for _ in range(count):
        width = min(int(picture.width * rng.uniform(*SHARE_OF_WIDTH)), picture.height * WIDTH // HEIGHT)
        height = width * HEIGHT // WIDTH
        left = rng.randint(0, picture.width - width)
        top = rng.randint(0, picture.height - height)
        yield picture.crop((left, top, left + width, top + height)).resize((WIDTH, HEIGHT), Image.BICUBIC)


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    wanted = int(sys.argv[2]) if len(sys.argv) == 3 else 2000
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    sources = photographs()
    each = -(-wanted // len(sources))
    written = 0
    for source in sources:
        with Image.open(source) as opened:
            picture = opened.convert("RGB")
        for piece in pieces(picture, min(each, wanted - written), rng):
            piece.save(folder / f"{written:05d}.jpg", quality=90)
            written += 1
    print(f"{written} pieces of {len(sources)} photographs in {folder}")


if __name__ == "__main__":
    main()
