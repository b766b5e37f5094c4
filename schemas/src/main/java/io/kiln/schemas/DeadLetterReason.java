package io.kiln.schemas;

/**
 * Why an image cannot be used. The header {@code kiln-reason} of a dead letter and the metrics hold
 * these names, so they do not change.
 */
public enum DeadLetterReason {
    /** The Kafka record is not an ImageRecord in the registry's wire format. */
    NOT_A_RECORD,
    /** The bytes are not an image of a known format. */
    NOT_AN_IMAGE,
    /** An image of a format or variant that Kiln does not decode. */
    UNSUPPORTED,
    /** The image ends before it is complete. */
    TRUNCATED,
    /** The image is complete but violates its format. */
    UNDECODABLE,
    /** More encoded bytes than ingest.maxImageBytes. */
    TOO_MANY_BYTES,
    /** More pixels than masking.maxPixels; refused before memory is allocated. */
    TOO_MANY_PIXELS,
    /** Decoding would take too long for the size, as for a JPEG with a thousand scans. */
    TOO_COMPLEX,
    /**
     * The same image came before. masking.duplicates drops it, and its dead letter holds no value.
     */
    DUPLICATE,
    /** A similar image came before; dropped likewise. */
    NEAR_DUPLICATE
}
