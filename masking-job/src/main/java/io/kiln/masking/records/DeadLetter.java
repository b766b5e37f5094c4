package io.kiln.masking.records;

import io.kiln.schemas.DeadLetterReason;

/**
 * An image that is not trained on, and why.
 *
 * @param image the record as it came; without key and value if the image is a duplicate
 * @param reason why, for programs
 * @param detail why, for people
 * @param source ImageRecord.source; empty if unknown
 * @param imageId ImageRecord.imageId; empty if unknown
 */
public record DeadLetter(
        ImageInput image, DeadLetterReason reason, String detail, String source, String imageId) {}
