"""The evaluations of a run as one figure.

    python3 plot.py kiln-versions/0-evaluated versions.svg
"""

import json
import pathlib
import sys

ERAS = ("rotated", "faint", "inverted", "noisy", "small")
WIDTH, LEFT, RIGHT, TOP, HEIGHT, GAP = 860, 52, 128, 40, 120, 42
SMOOTH = 0.95
STYLE = """
:root { --paper: #ffffff; --ink: #23211f; --quiet: #6f6a64; --line: #e6e1da; --bad: #b91c1c;
  --c0: #c2410c; --c1: #1d4ed8; --c2: #0f766e; --c3: #a21caf; --c4: #854d0e; }
@media (prefers-color-scheme: dark) { :root { --paper: #191817; --ink: #ebe7e1; --quiet: #a8a29a; --line: #383532;
  --bad: #f87171; --c0: #fb923c; --c1: #93c5fd; --c2: #5eead4; --c3: #f0abfc; --c4: #fde047; } }
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }
.paper { fill: var(--paper); }
.tick { fill: var(--quiet); }
.grid { stroke: var(--line); }
.era { stroke: var(--quiet); stroke-dasharray: 3 4; }
.title { font-weight: 600; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.alarm { fill: var(--bad); }
""" + "".join(f".c{i} {{ stroke: var(--c{i}); }} .t{i} {{ fill: var(--c{i}); }}\n" for i in range(5))


class Panel:
    """Lines over the steps of a run, in one rectangle of the figure."""

    def __init__(self, row, title, last, lines, floor=None):
        """lines: pairs of a name and points (step, value)."""
        self.top, self.title, self.last = TOP + row * (HEIGHT + GAP), title, last
        self.lines = [(name, points) for name, points in lines if points]
        values = [value for _, points in self.lines for _, value in points] or [0]
        spare = 0.06 * (max(values) - min(values) or 1)
        self.low = min(values) - spare if floor is None else floor
        self.high = max(values) + spare

    def x(self, step):
        return LEFT + step / self.last * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return self.top + HEIGHT - (value - self.low) / (self.high - self.low) * HEIGHT

    def svg(self):
        yield f'<text class="title" x="{LEFT}" y="{self.top - 8}">{self.title}</text>'
        for share in (0, 0.5, 1):
            value = self.low + share * (self.high - self.low)
            yield (f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(value):.1f}" '
                   f'y2="{self.y(value):.1f}"/><text class="tick" x="{LEFT - 8}" y="{self.y(value) + 4:.1f}" '
                   f'text-anchor="end">{value:.{2 if self.high < 10 else 0}f}</text>')
        places = labels([self.y(points[-1][1]) for _, points in self.lines], self.top + 4, self.top + HEIGHT + 4)
        for colour, ((name, points), place) in enumerate(zip(self.lines, places, strict=True)):
            line = " ".join(f"{self.x(step):.1f},{self.y(value):.1f}" for step, value in points)
            yield f'<polyline class="line c{colour}" points="{line}"/>'
            yield f'<text class="t{colour}" x="{WIDTH - RIGHT + 8}" y="{place + 4:.1f}">{name}</text>'


def labels(places, low, high):
    """Heights of labels near where their lines end, 13 pixels apart."""
    order = sorted(range(len(places)), key=places.__getitem__)
    placed = dict.fromkeys(order, low)
    least = low
    for left, index in zip(range(len(order) - 1, -1, -1), order, strict=True):
        placed[index] = least = max(least, min(places[index], high - 13 * left))
        least += 13
    return [placed[index] for index in range(len(places))]


def smoothed(steps):
    """Training loss as a moving average over the steps, every eighth."""
    average, points = None, []
    for step in steps:
        average = step["loss"] if average is None else SMOOTH * average + (1 - SMOOTH) * step["loss"]
        if step["step"] % 8 == 0:
            points.append((step["step"], average))
    return points


def over_versions(evaluations, *path):
    """A figure of each evaluation that has it."""
    for one in evaluations:
        value = one
        for key in path:
            value = value and value[key]
        if value is not None:
            yield one["step"], value


def by_era(evaluations):
    """The holdout loss on each era from its end on, by its number from 0."""
    last = {}
    for one in evaluations:
        for number, era in enumerate(one["eras"]):
            if era["loss"] is not None:
                last.setdefault(number, []).append((one["step"], era["loss"]))
    return last


def ends(run):
    """The last step of each era, of a run's folder."""
    made = json.loads((run / "run.json").read_text(encoding="utf-8"))
    steps, seen = read(run / "steps.jsonl"), 0
    for held_out in made["heldOut"]:
        seen += made["views"] * (made["images"] - held_out)
        yield next(step["step"] for step in steps if step["samplesSeen"] >= seen)


def figure(steps, evaluations, eras):
    """The SVG of a run; eras are the last steps of each."""
    last = steps[-1]["step"]

    def of(*path):
        return list(over_versions(evaluations, *path))

    panels = [
        Panel(0, "Loss", last, [
            ("training", smoothed(steps)), ("held out: anchors", of("anchors", "loss")),
            ("held out: recent", of("recent", "loss"))]),
        Panel(1, "Loss on the held-out images of each era that is over", last,
              [(f"{number + 1} {ERAS[number]}", points) for number, points in sorted(by_era(evaluations).items())]),
        Panel(2, "Probe: accuracy on labelled pictures of all eras; dots: promoted", last,
              [("linear", of("probe", "linear")), ("nearest", of("probe", "nearest"))]),
        Panel(3, "Effective rank", last,
              [("anchors", of("anchors", "effectiveRank")), ("recent", of("recent", "effectiveRank"))]),
        Panel(4, "Fréchet distance of recent images from anchors; marks: alarms of the images' statistics", last,
              [("distance", of("drift", "frechet")), ("by chance", of("drift", "frechetByChance"))], floor=0),
    ]
    height = TOP + len(panels) * (HEIGHT + GAP)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
           f'height="{height}">\n<title>Evaluations of {len(evaluations)} versions of a run whose stream drifts</title>'
           f'\n<style>{STYLE}</style>\n<rect class="paper" width="100%" height="100%"/>')
    yield from boundaries(panels[0], [0, *eras][:-1], height - GAP)
    for panel in panels:
        yield from panel.svg()
    yield from promotions(panels[2], evaluations)
    yield from alarms(panels[4], evaluations)
    for share in (0, 0.2, 0.4, 0.6, 0.8, 1):
        yield (f'<text class="tick" x="{panels[0].x(share * last):.1f}" y="{height - GAP + 18}" '
               f'text-anchor="middle">{share * last:.0f}</text>')
    yield f'<text class="tick" x="{WIDTH - RIGHT + 24}" y="{height - GAP + 18}">step</text></svg>'


def boundaries(panel, begins, bottom):
    """Where eras begin, with their names."""
    for number, (name, step) in enumerate(zip(ERAS, begins, strict=True)):
        begin = panel.x(step)
        yield f'<text class="tick" x="{begin + 4:.1f}" y="14">{number + 1} {name}</text>'
        if number:
            yield f'<line class="era" x1="{begin:.1f}" x2="{begin:.1f}" y1="4" y2="{bottom}"/>'


def promotions(panel, evaluations):
    for one in evaluations:
        if one["gate"] and one["gate"]["passed"] and one["probe"]:
            yield (f'<circle class="t0" cx="{panel.x(one["step"]):.1f}" '
                   f'cy="{panel.y(one["probe"]["linear"]):.1f}" r="3.5"><title>v{one["version"]}</title></circle>')


def alarms(panel, evaluations):
    for one in evaluations:
        if one["drift"] and one["drift"]["raised"]:
            at, bottom = panel.x(one["step"]), panel.top + HEIGHT
            names = ", ".join(f'{alarm["statistic"]} ({alarm["detector"]})' for alarm in one["drift"]["raised"])
            yield (f'<path class="alarm" d="M{at - 5:.1f} {bottom}h10l-5 -10z"><title>v{one["version"]}: {names}'
                   f'</title></path>')


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(run, path):
    """Draws a run's folder."""
    svg = "\n".join(figure(read(run / "steps.jsonl"), read(run / "evaluations.jsonl"), list(ends(run))))
    path.write_text(svg + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    write(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
