package io.kiln.masking.records;

import io.kiln.schemas.DeadLetterReason;

/**
 * An image that cannot be used.
 *
 * @param image the record as it came
 * @param reason why, for programs
 * @param detail why, for people
 * @param source ImageRecord.source, empty if the record could not be read
 * @param imageId ImageRecord.imageId, empty if the record could not be read
 */
public record DeadLetter(
        ImageInput image, DeadLetterReason reason, String detail, String source, String imageId) {}
