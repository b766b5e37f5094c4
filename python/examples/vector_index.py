"""Finds the pictures most alike a given one, in a vector index that survives new versions of the encoder.

    python vector_index.py --pictures ~/Pictures --index index.npz --query a.jpg [--versions 2]

Embeddings in different spaces must not be compared. So the index belongs to one space. A newer version whose promotion
brings an adapter goes on with the index: its embeddings are taken into the index's space. Of another version, all
pictures are embedded again into a new index beside the old one, which answers until the new one takes its place. The
file is written whole or not at all, and a restart in the same space embeds only pictures that are new.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

import kiln_client


class Index:
    """Unit vectors of pictures, all in one space, with the embedder that makes more of them."""

    def __init__(self, version: kiln_client.Version, file: Path) -> None:
        """Takes over the vectors of a file, if the version can embed in their space."""
        self.vectors: dict[str, Any] = {}
        if file.exists():
            with np.load(file) as saved:
                try:
                    self.embedder = version.embedder(space=str(saved["space"]))
                    self.vectors = dict(zip(saved["names"].tolist(), saved["vectors"], strict=True))
                    return
                except kiln_client.NoAdapterError:
                    pass  # all is embedded again
        self.embedder = version.embedder()

    def save(self, file: Path) -> None:
        """Writes the vectors; another process sees the old file or the new one."""
        partial = file.with_name(f".{file.stem}.partial.npz")
        np.savez(partial, space=str(self.embedder.space), names=list(self.vectors), vectors=list(self.vectors.values()))
        os.replace(partial, file)

    def update(self, pictures: list[Path]) -> int:
        """Embeds what is new, drops what is gone, passes over what is no image; returns how many were embedded."""
        self.vectors = {name: self.vectors[name] for name in map(str, pictures) if name in self.vectors}
        embedded = 0
        for picture in pictures:
            if str(picture) in self.vectors:
                continue
            try:
                self.vectors[str(picture)] = self._vector(picture)
                embedded += 1
            except kiln_client.UnusableImageError as problem:
                print(f"not in the index: {problem}", file=sys.stderr)
        return embedded

    def nearest(self, picture: Path, count: int) -> list[tuple[str, float]]:
        """Names and cosines of the pictures most alike."""
        cosines = np.stack(list(self.vectors.values())) @ self._vector(picture)
        names = list(self.vectors)
        return [(names[i], float(cosines[i])) for i in np.argsort(-cosines)[:count]]

    def _vector(self, picture: Path) -> Any:
        values = self.embedder.embed([picture]).values[0]
        return values / max(np.linalg.norm(values), 1e-12)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap-servers", default="127.0.0.1:9092")
    parser.add_argument("--registry", default="http://127.0.0.1:8085/apis/ccompat/v7")
    parser.add_argument("--topic", default="checkpoints")
    parser.add_argument("--cache", default="kiln-cache")
    parser.add_argument("--start", default="current", help="current, earliest or a version")
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--index", type=Path, default="index.npz")
    parser.add_argument("--query", type=Path, required=True)
    parser.add_argument("--versions", type=int, help="end after so many versions")
    options = parser.parse_args()

    versions = kiln_client.follow(
        bootstrap_servers=options.bootstrap_servers,
        registry=options.registry,
        topic=options.topic,
        cache=options.cache,
        start=int(options.start) if options.start.isdecimal() else options.start,
    )
    with versions:
        for served, version in enumerate(versions, start=1):
            index = Index(version, options.index)  # a service would go on answering from the one before
            embedded = index.update(sorted(path for path in options.pictures.rglob("*") if path.is_file()))
            index.save(options.index)
            print(f"version {version.number}: {len(index.vectors)} pictures, {embedded} of them embedded")
            for name, cosine in index.nearest(options.query, 3):
                print(f"  {cosine:.3f}  {name}", flush=True)
            if served == options.versions:
                break


if __name__ == "__main__":
    main()
