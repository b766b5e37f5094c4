package io.kiln.schemas;

/**
 * Why an image cannot be used. The names are what the header {@code kiln-reason} of a dead letter
 * and the metrics hold: they are part of the format and do not change.
 */
public enum DeadLetterReason {
    /** The Kafka record is not an ImageRecord in the registry's wire format. */
    NOT_A_RECORD,
    /** The bytes are no picture of any format that is known. */
    NOT_AN_IMAGE,
    /** A picture, of a format or a variant that is not decoded. */
    UNSUPPORTED,
    /** The picture ends before it is complete. */
    TRUNCATED,
    /** The picture is complete but contradicts its format. */
    UNDECODABLE,
    /** More encoded bytes than ingest.maxImageBytes. */
    TOO_MANY_BYTES,
    /** More pixels than masking.maxPixels; refused before memory is allocated. */
    TOO_MANY_PIXELS,
    /** Built so that decoding takes out of proportion long, such as a JPEG of a thousand scans. */
    TOO_COMPLEX,
    /**
     * The same image came before; dropped by masking.duplicates, and not kept among dead letters.
     */
    DUPLICATE,
    /** An image that looks like it came before; dropped likewise. */
    NEAR_DUPLICATE
}
