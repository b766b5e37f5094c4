package io.kiln.ingest;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;

/**
 * Where a picture comes from.
 *
 * @param name as a person knows it: the path as it was given, an archive's member after '!';
 *     without control characters, so that it can be printed
 * @param uri the same for machines, as in {@code ImageRecord.source}
 */
public record Origin(String name, String uri) {
    public Origin {
        name = printable(name);
    }

    /** A file. */
    public static Origin of(Path file) {
        return new Origin(file.toString(), withoutDots(file.toAbsolutePath()).toUri().toString());
    }

    /** A member of this archive. */
    public Origin member(String path) {
        return new Origin(name + "!" + path, uri + "!" + encoded(path));
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

    private static String encoded(String path) {
        try {
            return new URI(null, null, "/" + path, null).toASCIIString().substring(1);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("cannot be a path within a URI: " + path, e);
        }
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
