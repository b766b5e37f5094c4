"""One version of a model, its files fetched and verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cache import Cache
from .errors import UnknownEncoderError
from .events import CheckpointEvent
from .space import Adapters, Space

if TYPE_CHECKING:
    from .embedder import Embedder


class Version:
    """A version that is ready to use.

    Attributes:
        event: what it was announced with.
    """

    def __init__(self, event: CheckpointEvent, cache: Cache, adapters: Adapters | None = None) -> None:
        self.event = event
        self._cache = cache
        self._adapters = adapters or Adapters(cache.file)

    @property
    def number(self) -> int:
        """The version's number."""
        return self.event.version

    @property
    def folder(self) -> Path:
        """The folder with its files, which timm.create_model("local-dir:FOLDER") opens."""
        return self._cache.folder(self.event)

    def file(self, role: str) -> Path:
        """The verified file of a role, such as TRAINING_STATE; fetched if it is not there yet.

        Raises:
            ArtifactError, StoreError, StoreUnavailableError: it cannot be had.
        """
        return self._cache.file(self.event, role)

    def model(self, num_classes: int = 0, **arguments: Any) -> Any:
        """The encoder as a timm model, in evaluation mode.

        Args:
            num_classes: of a fresh classifier for fine-tuning; 0 gives embeddings.
            arguments: others of timm.create_model, such as drop_path_rate or features_only.

        Raises:
            UnknownEncoderError: timm, or the version of it that is installed, cannot build the network.
        """
        if self.event.timm is None:
            raise UnknownEncoderError(
                f"timm cannot build {self.event} ({self.event.architecture}); use embedder(), or"
                " torch.jit.load(version.file('TORCHSCRIPT'))"
            )
        import timm

        if not timm.is_model(self.event.timm.name):
            raise UnknownEncoderError(
                f"{self.event} is a {self.event.timm.name}, which timm {timm.__version__} does not know; upgrade timm"
            )
        self.file("ENCODER_CONFIG")
        self.file("ENCODER")
        model = timm.create_model(f"local-dir:{self.folder}", pretrained=True, num_classes=num_classes, **arguments)
        return model.eval()

    def advice(self, stored: Space | str) -> str | None:
        """What this version means for stored embeddings, as promotions up to now tell.

        Args:
            stored: the space that they lie in.

        Returns:
            "KEEP": they may be searched with this version's own embeddings. "ADAPT": with its embeddings in their space.
            "RE_EMBED": embed the images again. None: they are of this version.

        Raises:
            ArtifactError, EncoderError, StoreError, StoreUnavailableError: an adapter cannot be had.
        """
        return self._adapters.advice(Space.of(self.event), _space(stored))

    def embedder(self, device: str = "cpu", space: Space | str | None = None) -> Embedder:
        """What embeds images with this version, see Embedder.

        Args:
            device: of torch.
            space: that the embeddings are taken into, or its text; None: the version's own.

        Raises:
            NoAdapterError: no adapters lead to the space.
            UnknownEncoderError: images must be prepared in a way that is not known here.
            EncoderError: the encoder cannot run.
        """
        from .embedder import Embedder

        own = Space.of(self.event)
        adapters = [] if space is None else self._adapters.path(own, _space(space))
        return Embedder(self.event, self.file("TORCHSCRIPT"), device, adapters)

    def __repr__(self) -> str:
        return f"<{self.event}>"


def _space(space: Space | str) -> Space:
    return Space.parse(space) if isinstance(space, str) else space
