package io.kiln.images;

/** A picture of the user's, or a folder of them, cannot be used; the message names it. */
public final class PictureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what was found, and what was expected
     */
    public PictureException(String message) {
        super(message);
    }

    /** As above, keeping what was thrown. */
    public PictureException(String message, Throwable cause) {
        super(message, cause);
    }
}
