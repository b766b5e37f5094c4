"""One version of a model, its files fetched and verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cache import Cache
from .errors import UnknownEncoderError
from .events import CheckpointEvent

if TYPE_CHECKING:
    from .embedder import Embedder


class Version:
    """A version that is ready to use.

    Attributes:
        event: what it was announced with.
    """

    def __init__(self, event: CheckpointEvent, cache: Cache) -> None:
        self.event = event
        self._cache = cache

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

    def embedder(self, device: str = "cpu") -> Embedder:
        """What embeds images with this version, see Embedder.

        Raises:
            UnknownEncoderError: images must be prepared in a way that is not known here.
            EncoderError: the encoder cannot run.
        """
        from .embedder import Embedder

        return Embedder(self.event, self.file("TORCHSCRIPT"), device)

    def __repr__(self) -> str:
        return f"<{self.event}>"
