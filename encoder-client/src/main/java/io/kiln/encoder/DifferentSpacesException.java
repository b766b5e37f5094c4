package io.kiln.encoder;

/** Embeddings of different spaces were to be compared; the numbers would mean nothing. */
public final class DifferentSpacesException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DifferentSpacesException(Space one, Space other) {
        super(
                "embeddings in the spaces "
                        + one
                        + " and "
                        + other
                        + " cannot be compared; embed the images again, or embed in one space"
                        + " (EncoderHandle.Options.in)");
    }
}
