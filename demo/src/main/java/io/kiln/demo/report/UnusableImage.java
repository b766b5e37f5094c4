package io.kiln.demo.report;

/**
 * An image that could not be used.
 *
 * @param source URI it came from, or where its record is if that could not be read
 * @param reason code, such as TRUNCATED
 * @param detail the reason in words
 */
public record UnusableImage(String source, String reason, String detail) {
    /** Last part of the source's path. */
    public String name() {
        return source.substring(source.lastIndexOf('/') + 1);
    }
}
