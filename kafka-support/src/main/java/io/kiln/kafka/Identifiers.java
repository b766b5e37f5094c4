package io.kiln.kafka;

/**
 * Joins names to identifiers of consumer groups and transactions, so that different names never
 * make the same identifier: model {@code a-b} with run {@code c} is not model {@code a} with run
 * {@code b-c}.
 */
public final class Identifiers {
    private static final String SEPARATOR = ":";

    private Identifiers() {}

    /**
     * An identifier, such as {@code kiln-trainer:model:run}.
     *
     * @param kind of the identifier
     * @param names a colon or percent sign in one of them is escaped
     */
    public static String of(String kind, String... names) {
        StringBuilder joined = new StringBuilder(kind);
        for (String name : names) {
            joined.append(SEPARATOR).append(name.replace("%", "%25").replace(SEPARATOR, "%3A"));
        }
        return joined.toString();
    }
}
