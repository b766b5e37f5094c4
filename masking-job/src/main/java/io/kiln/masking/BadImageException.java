package io.kiln.masking;

import java.util.Locale;

/** An image that cannot be trained on; it becomes a dead letter with this reason. */
public final class BadImageException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why, for machines. */
    public enum Reason {
        /** The record is not an ImageRecord in the registry's wire format. */
        NOT_A_RECORD,
        /** The bytes are not of any known image format. */
        NOT_AN_IMAGE,
        /** More bytes than ingest.maxImageBytes allows. */
        TOO_MANY_BYTES,
        /** More pixels than masking.maxPixels allows. */
        TOO_MANY_PIXELS,
        /** The picture ends before its last pixel. */
        TRUNCATED,
        /** The picture is damaged, or uses what no decoder here knows. */
        UNDECODABLE;

        /** As it stands in a header: lower case with hyphens. */
        public String code() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Reason reason;

    public BadImageException(Reason reason, String detail) {
        super(detail);
        this.reason = reason;
    }

    public BadImageException(Reason reason, String detail, Throwable cause) {
        super(detail, cause);
        this.reason = reason;
    }

    /** Why, for machines. */
    public Reason reason() {
        return reason;
    }
}
