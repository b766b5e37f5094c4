package io.kiln.ingest;

import io.kiln.config.Secrets;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HexFormat;

/**
 * Where an image comes from.
 *
 * @param name as a person knows it: the path as it was given, an archive's member after '!';
 *     without control characters, so that it can be printed
 * @param uri the same for machines, as in {@code ImageRecord.source}
 */
public record Origin(String name, String uri) {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /** Unreserved characters of RFC 3986, section 2.3, and what a path may hold beside them. */
    private static final BitSet UNESCAPED = new BitSet();

    static {
        UNESCAPED.set('a', 'z' + 1);
        UNESCAPED.set('A', 'Z' + 1);
        UNESCAPED.set('0', '9' + 1);
        "-._~/@:$&'()+,;=".chars().forEach(UNESCAPED::set);
    }

    public Origin {
        name = printable(name);
    }

    /** A file. */
    public static Origin of(Path file) {
        return new Origin(file.toString(), withoutDots(file.toAbsolutePath()).toUri().toString());
    }

    /** An image on a web server, without what authorises to fetch it. */
    static Origin ofUrl(String url) {
        String shown = Secrets.url(url);
        return new Origin(shown, shown);
    }

    /** A member of this archive. */
    public Origin member(String path) {
        return new Origin(name + "!" + path, uri + "!" + encoded(path));
    }

    /**
     * Whether a part of a member's path begins with a dot; "." and ".." themselves do not count.
     */
    static boolean isHidden(String memberPath) {
        for (String part : memberPath.split("/", -1)) {
            if (part.startsWith(".") && !part.equals(".") && !part.equals("..")) {
                return true;
            }
        }
        return false;
    }

    /** Drops "." but not "..", which means something else after a symbolic link. */
    private static Path withoutDots(Path absolute) {
        Path clean = absolute.getRoot();
        if (clean == null) {
            throw new IllegalArgumentException("not an absolute path: " + absolute);
        }
        for (Path part : absolute) {
            if (!part.toString().equals(".")) {
                clean = clean.resolve(part);
            }
        }
        return clean;
    }

    /** By hand, because {@link java.net.URI} rejects or alters some names, and this must not. */
    private static String encoded(String path) {
        StringBuilder text = new StringBuilder(path.length());
        for (byte value : path.getBytes(StandardCharsets.UTF_8)) {
            if (value > 0 && UNESCAPED.get(value)) {
                text.append((char) value);
            } else {
                text.append('%').append(HEX.toHexDigits(value));
            }
        }
        return text.toString();
    }

    private static String printable(String text) {
        return text.codePoints().anyMatch(Character::isISOControl)
                ? text.codePoints()
                        .map(c -> Character.isISOControl(c) ? '?' : c)
                        .collect(
                                StringBuilder::new,
                                StringBuilder::appendCodePoint,
                                StringBuilder::append)
                        .toString()
                : text;
    }

    @Override
    public String toString() {
        return name;
    }
}
