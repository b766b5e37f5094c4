package io.kiln.masking;

import org.jspecify.annotations.Nullable;

/**
 * A record that could not be used, with the reason.
 *
 * @param input the record as it came
 * @param reason code, see {@link BadImageException.Reason#code}
 * @param detail for people
 * @param source where the picture came from, as far as that could be read
 */
public record DeadLetter(ImageInput input, String reason, String detail, @Nullable String source) {}
