"""A bounded folder of versions that were fetched."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from . import artifacts
from .errors import ArtifactError, StoreUnavailableError
from .events import CheckpointEvent
from .stores import Stores

_LOG = logging.getLogger("kiln_client")
_NAMES = {
    "ENCODER": "model.safetensors",
    "ENCODER_CONFIG": "config.json",
    "TORCHSCRIPT": "encoder.pt",
    "MODEL_CARD": "README.md",
    "MASKED_NORMS": "masked-norms.safetensors",
    "CONFIGURATION": "configuration.yaml",
    "ADAPTER": "adapter.safetensors",
    "TRAINING_STATE": "training-state.safetensors",
    "RECONSTRUCTIONS": "reconstructions.png",
}


class Cache:
    """Keeps the files of a model's versions, each version in a folder that timm opens.

    A folder is for one process at a time: the versions used longest ago are deleted.

    Args:
        folder: where they lie; made if it is missing.
        keep: versions of each model that are kept, the one in use included, and one more while a version is refused.
        stores: from where files may be fetched.
    """

    def __init__(self, folder: str | os.PathLike[str], keep: int = 2, stores: Stores | None = None) -> None:
        if keep < 1:
            raise ValueError(f"keep: {keep} is not allowed; expected 1 or more")
        self._folder = Path(folder)
        self._keep = keep
        self._stores = stores or Stores()

    def folder(self, event: CheckpointEvent) -> Path:
        """Where the files of a version lie, once they are fetched."""
        return self._folder / _safe(event.model) / f"{_safe(event.run_id)}-v{event.version:06d}"

    def file(self, event: CheckpointEvent, role: str) -> Path:
        """The verified file of a role, fetched if it is not there or not whole.

        Raises:
            ArtifactError: the event names no such file, or it is missing or not what the event says.
            StoreError: it lies outside the allowed stores.
            StoreUnavailableError: its store does not answer, or the cache cannot be written.
        """
        file = event.file(role)
        if file is None:
            raise ArtifactError(f"{event} has no file of role {role}")
        target = self.folder(event) / _NAMES.get(role, _safe(role.lower()))
        try:
            if not artifacts.is_whole(file, target):
                artifacts.fetch(file, target, self._stores)
        except OSError as error:
            raise StoreUnavailableError(f"the cache cannot be used: {error}") from error
        return target

    def used(self, event: CheckpointEvent) -> None:
        """Marks a version as the one in use, and deletes those of its model that are too many."""
        folder = self.folder(event)
        if not folder.is_dir():
            return
        try:
            os.utime(folder)
            self._delete_others((folder,), self._keep - 1)
        except OSError as error:
            _LOG.warning("old versions cannot be deleted: %s", error)

    def refused(self, event: CheckpointEvent, given: CheckpointEvent | None) -> None:
        """Deletes versions that are too many beside one that cannot be given and the one that was given last.

        What has been fetched of the former stays, as it may be tried again, and goes before all others.
        """
        folder = self.folder(event)
        if not folder.is_dir():
            return
        try:
            spared = (folder,) if given is None else (folder, self.folder(given))
            self._delete_others(spared, self._keep + 1 - len(spared))
            os.utime(folder, (0, 0))
        except OSError as error:
            _LOG.warning("old versions cannot be deleted: %s", error)

    def _delete_others(self, spared: Sequence[Path], keep: int) -> None:
        others = [other for other in spared[0].parent.iterdir() if other.is_dir() and other not in spared]
        others.sort(key=lambda other: other.stat().st_mtime_ns, reverse=True)
        for old in others[keep:]:
            shutil.rmtree(old)


def _safe(name: str) -> str:
    """A name that stays in its folder; names that differ stay different."""
    safe = re.sub(r"[^a-zA-Z0-9_-]", "_", name)
    return safe if safe == name else f"{safe[:100]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
