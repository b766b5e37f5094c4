package io.kiln.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Folders as the configuration holds them: URIs in which every character of the path that a URI may
 * not hold is escaped, such as {@code file:///data/a%20b}.
 */
public final class FolderUri {
    private static final Pattern FORM = Pattern.compile("([a-z][a-z0-9+.-]*:(?://[^/]*)?)(/.*)");

    private static final Pattern BARE_PERCENT = Pattern.compile("%(?![0-9a-fA-F]{2})");

    /** What {@link Path#toUri} leaves as it is. */
    private static final String UNESCAPED = "-._~/@:$&'()+,;=!*";

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private FolderUri() {}

    /** The URI of a folder. It never ends with a slash, whether the folder exists or not. */
    public static String of(Path folder) {
        String uri = folder.toUri().toString();
        return uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
    }

    /**
     * A folder as Flink writes it, with nothing escaped. Flink's file systems, savepoints and
     * settings take {@code %20} for three characters of a name.
     *
     * @param uri of a folder, or a path from the root
     */
    public static String forFlink(String uri) {
        Matcher parts = FORM.matcher(uri);
        return parts.matches() ? parts.group(1) + unescaped(parts.group(2)) : uri;
    }

    /**
     * Reads a folder as a person writes it: a path from the root, or a URI in which the path may be
     * escaped or not.
     *
     * @param key that it is the value of
     * @return its URI
     * @throws IllegalArgumentException if it is neither, or holds a password
     */
    static String require(String key, String text) {
        if (text.startsWith("/")) {
            return "file://" + escaped(text);
        }
        Matcher parts = FORM.matcher(text);
        if (!parts.matches() || Secrets.hasUserInfo(text)) {
            throw new IllegalArgumentException(
                    key
                            + ": \""
                            + Secrets.url(text)
                            + "\" is not allowed; expected an absolute path such as /data/artifacts, or an absolute"
                            + " URI without a password, such as s3://bucket/path");
        }
        return parts.group(1) + escaped(unescaped(parts.group(2)));
    }

    private static String unescaped(String path) {
        return BARE_PERCENT.matcher(path).find()
                ? path
                : URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static String escaped(String path) {
        StringBuilder uri = new StringBuilder();
        for (byte value : path.getBytes(StandardCharsets.UTF_8)) {
            boolean plain =
                    value >= 'a' && value <= 'z'
                            || value >= 'A' && value <= 'Z'
                            || value >= '0' && value <= '9'
                            || UNESCAPED.indexOf(value) >= 0;
            if (plain) {
                uri.append((char) value);
            } else {
                uri.append('%').append(HEX.toHexDigits(value));
            }
        }
        return uri.toString();
    }
}
