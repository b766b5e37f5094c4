package io.kiln.images;

/** What is wrong with an image that cannot be used. */
public enum ImageDefect {
    /** The bytes are no image of any known format. */
    NOT_AN_IMAGE,
    /** An image, but of a format or a variant that Kiln does not decode. */
    UNSUPPORTED,
    /** The image ends before it is complete. */
    TRUNCATED,
    /** The image is complete but contradicts its format. */
    UNDECODABLE,
    /** More encoded bytes than the limit. */
    TOO_MANY_BYTES,
    /** More pixels than the limit; refused before memory is allocated. */
    TOO_MANY_PIXELS,
    /** Takes far too long to decode for its size, such as a JPEG of a thousand scans. */
    TOO_COMPLEX
}
