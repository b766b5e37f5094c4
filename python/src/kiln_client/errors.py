"""What can go wrong. Each message names the place, what was expected, and what to do."""


class KilnError(Exception):
    """The parent of all errors of this package."""


class BrokerError(KilnError):
    """No broker answers, or the topic is not one of checkpoint events."""


class RegistryError(KilnError):
    """The schema registry does not answer, or has lost its schemas."""


class NewerEventError(KilnError):
    """An event that only a later client can read. It is raised once; reading goes on behind it."""


class PositionError(KilnError):
    """A file of a position holds none of the topic, or the topic does not hold its event."""


class ArtifactError(KilnError):
    """A file is missing, or is not what its event says."""


class StoreError(KilnError):
    """A file lies outside the allowed stores."""


class StoreUnavailableError(KilnError):
    """A store does not answer, the connection broke, or the cache cannot be written.

    Try again: the download goes on where it ended.
    """


class UnknownEncoderError(KilnError):
    """An encoder, or a preparation of its images, that the installed packages do not know."""


class EncoderError(KilnError):
    """An encoder that cannot run, or does not give what its event says."""


class UnusableImageError(KilnError):
    """An image that cannot be embedded.

    Attributes:
        index: place of the image among those given, from 0.
    """

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"image {index}: {reason}")
        self.index = index


class DifferentSpacesError(KilnError):
    """Embeddings in different spaces were to be compared."""


class NoAdapterError(KilnError):
    """Embeddings of a version cannot be taken into the space that was asked for: embed again."""
