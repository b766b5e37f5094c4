"""kiln-client: watch, fetch and embed from a shell."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ArtifactError, KilnError
from .following import FILES, Follower, follow
from .settings import read_settings
from .version import Version


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a verb; returns 0, or 1 after a message on standard error."""
    options = _parser().parse_args(arguments)
    logging.getLogger("kiln_client.kafka").addHandler(logging.NullHandler())  # the verbs tell its troubles themselves
    try:
        verb: Any = options.run
        verb(options)
        return 0
    except (KilnError, OSError, ValueError) as problem:
        print(f"kiln-client: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--bootstrap-servers", default="127.0.0.1:9092", help="Kafka's (%(default)s)")
    registry = "http://127.0.0.1:8085/apis/ccompat/v7"
    common.add_argument("--registry", default=registry, help="URL of the schema registry (%(default)s)")
    settings = "file of key=value lines for TLS and logins: librdkafka's names, those of the registry after registry."
    common.add_argument("--properties", type=Path, metavar="FILE", help=settings)
    common.add_argument("--topic", default="checkpoints", help="of checkpoint events (%(default)s)")
    common.add_argument("--model", help="the only model to follow; all if not given")
    common.add_argument("--cache", default="kiln-cache", help="folder for the files (%(default)s)")
    common.add_argument("--store", action="append", help="folder or URI that files may come from; may be repeated")
    common.add_argument("--start", default="current", type=_start, help="current, earliest or a version (%(default)s)")
    common.add_argument("--wait", default=30.0, type=float, help="seconds to wait for a version (%(default)s)")
    parser = argparse.ArgumentParser(prog="kiln-client", description="Follows the checkpoint events of Kiln.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    watch = verbs.add_parser("watch", parents=[common], help="print each version as it comes, until it is interrupted")
    watch.add_argument("--json", action="store_true", help="an object of JSON on each line")
    watch.set_defaults(run=_watch)
    fetch = verbs.add_parser("fetch", parents=[common], help="fetch one version and print its folder")
    fetch.add_argument("--role", action="append", help=f"of a file to fetch; may be repeated ({', '.join(FILES)})")
    fetch.set_defaults(run=_fetch)
    embed = verbs.add_parser("embed", parents=[common], help="embed images with one version")
    embed.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    embed.add_argument("--out", type=Path, help="an .npz file instead of lines of JSON")
    embed.add_argument("--space", help="that embeddings are taken into, MODEL/RUN/vVERSION")
    embed.add_argument("--device", default="cpu", help="of torch (%(default)s)")
    embed.set_defaults(run=_embed)
    return parser


def _start(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _follower(options: argparse.Namespace, files: Sequence[str], idle: float | None, **more: Any) -> Follower:
    kafka, registry = read_settings(options.properties) if options.properties else ({}, {})
    return follow(
        bootstrap_servers=options.bootstrap_servers,
        registry={"url": options.registry, **registry},
        kafka=kafka,
        topic=options.topic,
        cache=options.cache,
        start=options.start,
        model=options.model,
        stores=options.store,
        files=files,
        idle=idle,
        **more,
    )


def _first(options: argparse.Namespace, files: Sequence[str]) -> Version:
    with _follower(options, files, options.wait) as versions:
        for version in versions:
            return version
    wanted = f"version from {options.start} on" if isinstance(options.start, int) else "version"
    model = f" of model {options.model}" if options.model else ""
    raise ArtifactError(f"no {wanted}{model} has been announced in {options.topic} after {options.wait:g} s")


def _watch(options: argparse.Namespace) -> None:
    def warn(problem: KilnError) -> None:
        print(f"kiln-client: {problem}; trying again", file=sys.stderr)

    with _follower(options, (), None, on_problem=warn) as versions:
        for version in versions:
            print(_json(version) if options.json else _text(version), flush=True)


def _fetch(options: argparse.Namespace) -> None:
    version = _first(options, options.role or FILES)
    for role in options.role or ():
        version.file(role)  # says so if the event names no such file
    print(version.folder)


def _embed(options: argparse.Namespace) -> None:
    found = _first(options, ("TORCHSCRIPT",)).embedder(options.device, options.space).embed(options.images)
    names = [str(image) for image in options.images]
    if options.out is not None:
        of: dict[str, Any] = {"model": found.model, "run": found.run_id, "version": found.version, "space": str(found.space)}
        np.savez(options.out, values=found.values, images=names, **of)
        print(f"{len(names)} embeddings of version {found.version} in {options.out}")
        return
    for name, values in zip(names, found.values, strict=True):
        line = {"image": name, "version": found.version, "space": str(found.space), "embedding": values.tolist()}
        print(json.dumps(line))


def _text(version: Version) -> str:
    event = version.event
    loss = "" if event.training_loss is None else f"  loss {event.training_loss:.3f}"
    return f"{event.model} v{event.version}  {event.status.lower()}  step {event.step}{loss}  run {event.run_id}"


def _json(version: Version) -> str:
    event = version.event
    files = {file.role: file.uri for file in event.files}
    return json.dumps(
        {
            "model": event.model,
            "run": event.run_id,
            "version": event.version,
            "status": event.status,
            "step": event.step,
            "trainingLoss": event.training_loss,
            "files": files,
        }
    )


if __name__ == "__main__":
    sys.exit(main())
