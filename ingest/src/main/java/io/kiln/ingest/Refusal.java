package io.kiln.ingest;

/**
 * Something that was not sent.
 *
 * @param origin what
 * @param reason why, as a kind
 * @param detail why, in words
 */
public record Refusal(Origin origin, Reason reason, String detail) {
    /** Kinds of reasons. */
    public enum Reason {
        /** The bytes begin like no image that Kiln knows. */
        NOT_AN_IMAGE("not an image"),
        /** More than ingest.maxImageBytes. */
        TOO_LARGE("too large"),
        /** Training would refuse it. */
        NOT_USABLE("cannot be trained on"),
        /** Missing, forbidden, encrypted, or broken while it was read. */
        UNREADABLE("unreadable"),
        /** An archive that ends or breaks before its last member. */
        BROKEN_ARCHIVE("broken archive"),
        /** The broker's own limit is smaller than ingest.maxImageBytes. */
        REFUSED_BY_BROKER("refused by the broker"),
        /** A symbolic link out of the folder. */
        OUTSIDE("outside the folder");

        private final String words;

        Reason(String words) {
            this.words = words;
        }

        /** The reason in words. */
        public String words() {
            return words;
        }
    }

    @Override
    public String toString() {
        return origin + ": " + reason.words() + " (" + detail + ")";
    }
}
