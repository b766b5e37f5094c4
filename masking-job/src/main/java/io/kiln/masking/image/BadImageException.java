package io.kiln.masking.image;

/** An image that cannot be used, and why. The image is at fault, nothing else. */
public final class BadImageException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /**
     * @param reason for programs
     * @param detail for people: what was found, what was expected
     */
    public BadImageException(Reason reason, String detail) {
        super(detail);
        this.reason = reason;
    }

    /** As above, keeping what a decoder threw. */
    public BadImageException(Reason reason, String detail, Throwable cause) {
        super(detail, cause);
        this.reason = reason;
    }

    /** Why, for programs; {@link #getMessage()} is for people. */
    public Reason reason() {
        return reason;
    }
}
