package io.kiln.images;

/** An image that cannot be used, and what is wrong with it. */
public final class BadImageException extends Exception {
    private static final long serialVersionUID = 1L;

    private final ImageDefect defect;

    /**
     * @param defect for programs
     * @param detail for people: what was found, what was expected
     */
    public BadImageException(ImageDefect defect, String detail) {
        super(detail);
        this.defect = defect;
    }

    /** As above, keeping what a decoder threw. */
    public BadImageException(ImageDefect defect, String detail, Throwable cause) {
        super(detail, cause);
        this.defect = defect;
    }

    /** What is wrong, for programs; {@link #getMessage()} is for people. */
    public ImageDefect defect() {
        return defect;
    }
}
