"""What a downstream service uses in Python: follow Kiln's versions, verify and fetch them, embed images."""

from .embedder import Embedder, Embeddings
from .errors import (
    ArtifactError,
    BrokerError,
    DifferentVersionsError,
    EncoderError,
    KilnError,
    NewerEventError,
    RegistryError,
    StoreError,
    StoreUnavailableError,
    UnknownEncoderError,
    UnusableImageError,
)
from .events import CheckpointEvent, CheckpointFile, FeatureSpec, InputSpec, TimmModel
from .following import FILES, Follower, follow
from .handle import EmbedderHandle, Status
from .version import Version

__all__ = [
    "FILES",
    "ArtifactError",
    "BrokerError",
    "CheckpointEvent",
    "CheckpointFile",
    "DifferentVersionsError",
    "Embedder",
    "EmbedderHandle",
    "Embeddings",
    "EncoderError",
    "FeatureSpec",
    "Follower",
    "InputSpec",
    "KilnError",
    "NewerEventError",
    "RegistryError",
    "Status",
    "StoreError",
    "StoreUnavailableError",
    "TimmModel",
    "UnknownEncoderError",
    "UnusableImageError",
    "Version",
    "follow",
]
