"""What a downstream service uses in Python: follow Kiln's versions, verify and fetch them, embed images."""

from .embedder import Embedder, Embeddings
from .errors import (
    ArtifactError,
    BrokerError,
    DifferentSpacesError,
    EncoderError,
    KilnError,
    NewerEventError,
    NoAdapterError,
    PositionError,
    RegistryError,
    StoreError,
    StoreUnavailableError,
    UnknownEncoderError,
    UnusableImageError,
)
from .events import (
    CheckpointEvent,
    CheckpointFile,
    FeatureSpec,
    InputSpec,
    Promotion,
    PromotionFigure,
    TimmModel,
)
from .following import FILES, Follower, follow
from .handle import EmbedderHandle, Status
from .settings import SettingsError, read_settings
from .space import Adapter, Space
from .version import Version

__all__ = [
    "FILES",
    "Adapter",
    "ArtifactError",
    "BrokerError",
    "CheckpointEvent",
    "CheckpointFile",
    "DifferentSpacesError",
    "Embedder",
    "EmbedderHandle",
    "Embeddings",
    "EncoderError",
    "FeatureSpec",
    "Follower",
    "InputSpec",
    "KilnError",
    "NewerEventError",
    "NoAdapterError",
    "PositionError",
    "Promotion",
    "PromotionFigure",
    "RegistryError",
    "SettingsError",
    "Space",
    "Status",
    "StoreError",
    "StoreUnavailableError",
    "TimmModel",
    "UnknownEncoderError",
    "UnusableImageError",
    "Version",
    "follow",
    "read_settings",
]
