package io.kiln.verification.bench;

/** What is done with an image, in this order. */
public enum MaskingStage {
    /** The Avro record of images is read. */
    READ,
    /** The image is decoded. */
    DECODE,
    /** All its views are cropped, resized, mirrored, masked and cut into patches. */
    MASK,
    /** Views are put together to the records of sparse-batches. */
    COMPOSE,
    /** Those are written as Avro. */
    WRITE
}
