"""Settings of the connections from a file, with secrets that stand elsewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .errors import KilnError

_REFERENCE = re.compile(r"\$\{(file|env):([^}]*)\}")
_REGISTRY = "registry."


class SettingsError(KilnError):
    """Settings cannot be read or used, or refer to a secret that is not there."""


def read_settings(file: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Reads key=value lines, with librdkafka's names; those of the registry's client begin with ``registry.``.

    ``${file:/path}`` in a value stands for the text of a file without the line end behind it, ``${env:NAME}`` for a
    variable of the environment.

    Returns:
        Settings of Kafka's consumer, and of confluent_kafka's SchemaRegistryClient.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read ({type(error).__name__}); expected lines of key=value") from error
    kafka: dict[str, str] = {}
    registry: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key:
            raise SettingsError(f"{file}, line {number}: expected key=value")
        target = registry if key.startswith(_REGISTRY) else kafka
        target[key.removeprefix(_REGISTRY)] = resolve(key, value)
    return kafka, registry


def resolve(key: str, value: str) -> str:
    """Replaces references by what they stand for.

    Raises:
        SettingsError: with the key, and the file or variable that is missing.
    """

    def found(reference: re.Match[str]) -> str:
        kind, name = reference.groups()
        secret = _file(key, name) if kind == "file" else os.environ.get(name)
        if secret is None:
            raise SettingsError(f"{key}: ${{env:{name}}} is not set in the environment of this process")
        if not secret:
            raise SettingsError(f"{key}: ${{{kind}:{name}}} is empty")
        return secret

    return _REFERENCE.sub(found, value)


def _file(key: str, name: str) -> str:
    try:
        return Path(name).read_text("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{key}: ${{file:{name}}} cannot be read ({type(error).__name__})") from None
