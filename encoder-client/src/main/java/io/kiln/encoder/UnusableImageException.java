package io.kiln.encoder;

/**
 * An image cannot be embedded. The message says which of those given, and what is wrong with it.
 */
public final class UnusableImageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int index;

    UnusableImageException(int index, Exception cause) {
        super("image " + index + ": " + cause.getMessage(), cause);
        this.index = index;
    }

    /** Place of the image among those given, from 0. */
    public int index() {
        return index;
    }
}
