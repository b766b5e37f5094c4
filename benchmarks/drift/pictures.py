"""Five worlds for the stream *pictures*: three of photographs, one of clip art, one of garments.

    apt-get install mate-backgrounds plasma-workspace-wallpapers lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 \\
        openclipart-png dataset-fashion-mnist

Each world has eight classes, and pictures for three parts that share none: the stream, what the probe is fitted to, and
what it is scored on.
"""

import pathlib
import sys

import numpy
from PIL import Image, ImageOps

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
sys.path += [str(EXAMPLES / "photographs"), str(EXAMPLES / "fashion-mnist-probe")]
import cut
import fashion_mnist

SIDE, CLASSES = 96, 8
STREAM, FIT, TEST = range(3)

PHOTOGRAPHS = {
    "land": """Dune EveningGlow Path Volna aitzgorri_by_Aitzol_Berasategi life_by_Aitzol_Berasategi
        picosdeeuropa_by_Aitzol_Berasategi sunset_by_Aitzol_Berasategi""",
    "plants": "Blinds Dragonfly_by_Bolly FallenLeaf FreshFlower GreenMeadow LadyBird OneStandsOut RainDrops",
    "things": """BytheWater ColorfulCups Grey Picture_0B_by_freespace Picture_1A_by_freespace Wine_by_Jakkub_Mede
        friends_by_Aitzol_Berasategi greentock_by_Peter_Nerlich""",
}
FRAME, TILE, LEAST = (1536, 960), 192, 96

CLIP_ART = pathlib.Path("/usr/share/openclipart/png")
LARGEST = 100_000  # bytes; a few larger ones have 600 megapixels
FOLDERS = "animals computer food people recreation shapes signs_and_symbols transportation"


def worlds(counts, rng):
    """Each world's name, and its pictures uint8 [n, 96, 96] and labels 0 to 7 for each part, `counts` a class."""
    paths = {path.parts[4] if path.is_relative_to(cut.WALLPAPERS) else path.stem: path for path in cut.photographs()}
    made = {world: [_photograph(paths[name], counts, rng) for name in names.split()]
            for world, names in PHOTOGRAPHS.items()}
    made["clip art"] = [_clip_art(CLIP_ART / folder, counts, rng) for folder in FOLDERS.split()]
    made["garments"] = _garments(counts, rng)
    labels = [numpy.arange(CLASSES).repeat(count) for count in counts]
    return {world: [(numpy.concatenate([one[part] for one in classes]), labels[part])
                    for part in (STREAM, FIT, TEST)] for world, classes in made.items()}


def _photograph(path, counts, rng):
    """Grey pieces of one photograph. Its tiles belong to the parts like a chessboard's fields, so no two share any."""
    with Image.open(path) as opened:
        opened.draft("L", FRAME)
        picture = ImageOps.fit(opened.convert("L"), FRAME, Image.BICUBIC)
    columns, rows = (length // TILE for length in FRAME)
    tiles = ([], [], [])
    for row in range(rows):
        for column in range(columns):
            tiles[STREAM if (row + column) % 2 == 0 else FIT if row % 2 == 0 else TEST].append((column, row))
    return [numpy.stack([_piece(picture, tiles[part][number % len(tiles[part])], rng) for number in range(count)])
            for part, count in enumerate(counts)]


def _piece(picture, tile, rng):
    edge = int(rng.integers(LEAST, TILE + 1))
    left, top = (TILE * at + int(rng.integers(TILE - edge + 1)) for at in tile)
    return _scaled(picture.crop((left, top, left + edge, top + edge)))


def _clip_art(folder, counts, rng):
    """Drawings of one folder and those below it, on white."""
    found = sorted(path for path in folder.rglob("*.png") if path.stat().st_size < LARGEST)
    if len(found) < sum(counts):
        raise SystemExit(f"{folder} has {len(found)} pictures, expected at least {sum(counts)}: "
                         "apt-get install openclipart-png, or ask for fewer --images")
    drawn = [found[place] for place in rng.permutation(len(found))[: sum(counts)]]
    return numpy.split(numpy.stack([_drawing(path) for path in drawn]), numpy.cumsum(counts)[:-1])


def _drawing(path):
    with Image.open(path) as opened:
        drawing = opened.convert("RGBA")
    drawing.thumbnail((SIDE, SIDE), Image.BICUBIC)
    page = Image.new("RGBA", (SIDE, SIDE), "white")
    page.alpha_composite(drawing, ((SIDE - drawing.width) // 2, (SIDE - drawing.height) // 2))
    return numpy.asarray(page.convert("L"))


def _garments(counts, rng):
    """The first eight classes of Fashion-MNIST."""
    train, test = fashion_mnist.images("train"), fashion_mnist.images("test")
    made = []
    for label in range(CLASSES):
        places = rng.permutation(numpy.flatnonzero(fashion_mnist.labels("train") == label))
        scored = rng.permutation(numpy.flatnonzero(fashion_mnist.labels("test") == label))
        parts = (train[places[: counts[STREAM]]], train[places[counts[STREAM] :][: counts[FIT]]],
                 test[scored[: counts[TEST]]])
        made.append([numpy.stack([_scaled(Image.fromarray(image)) for image in part]) for part in parts])
    return made


def _scaled(picture):
    return numpy.asarray(picture.resize((SIDE, SIDE), Image.BICUBIC))
