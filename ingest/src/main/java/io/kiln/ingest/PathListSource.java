package io.kiln.ingest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A list of paths, one a line, as {@code find} prints it: each an image, an archive or a folder, or
 * a URL of an image. UTF-8, with or without a byte-order mark; blank lines are passed over; nothing
 * else is special, since file names may hold anything but a line's end.
 */
public final class PathListSource implements ImageSource {
    /** As Windows' editors and PowerShell write it. */
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private static final int LONGEST_LINE = 32 * 1024;
    private static final Duration MOMENT = Duration.ofMillis(20);

    private final BufferedReader lines;
    private final String name;
    private final Path directory;
    private final HttpLimits limits;
    private final Links links;

    /**
     * @param lines the list; read once, as it comes, and not closed
     * @param name how messages call it, for instance "standard input"
     * @param directory what relative paths are relative to
     * @param limits of what is fetched where a line is a URL
     * @param links that are followed in folders
     */
    public PathListSource(
            InputStream lines, String name, Path directory, HttpLimits limits, Links links) {
        this.lines = new BufferedReader(new InputStreamReader(lines, StandardCharsets.UTF_8));
        this.name = name;
        this.directory = directory;
        this.limits = limits;
        this.links = links;
    }

    @Override
    public void visit(Visitor visitor) throws InterruptedException {
        try (HttpImages web = new HttpImages(limits)) {
            visit(web, visitor);
            web.drain(visitor);
        }
    }

    private void visit(HttpImages web, Visitor visitor) throws InterruptedException {
        long number = 0;
        while (true) {
            showUntilReady(web, visitor, number);
            String line = next(number + 1);
            if (line == null) {
                return;
            }
            number++;
            if (number == 1 && line.startsWith(BYTE_ORDER_MARK)) {
                line = line.substring(BYTE_ORDER_MARK.length());
            }
            if (line.isBlank()) {
                continue;
            }
            Optional<String> scheme = UrlSource.otherScheme(line);
            if (scheme.isPresent()) {
                web.drain(visitor);
                visitor.refused(UrlSource.notFetched(line, scheme.get()));
                continue;
            }
            if (HttpImages.isUrl(line)) {
                web.ask(line, visitor);
                continue;
            }
            web.drain(visitor);
            Path path;
            try {
                path = directory.resolve(line);
            } catch (InvalidPathException e) {
                visitor.refused(Unreadable.of(new Origin(name + ", line " + number, ""), e));
                continue;
            }
            PathSource.visit(path, links, visitor);
        }
    }

    /** Unknown: the list is read as it comes. */
    @Override
    public long inputBytes() {
        return UNKNOWN;
    }

    /** Shows what was fetched while the list is quiet: its next line may be hours away. */
    private void showUntilReady(HttpImages web, Visitor visitor, long number)
            throws InterruptedException {
        try {
            while (!lines.ready()) {
                if (!web.showNext(visitor, MOMENT)) {
                    visitor.idle();
                    return;
                }
            }
        } catch (IOException e) {
            throw unreadable(number, e);
        }
    }

    private @Nullable String next(long number) {
        try {
            StringBuilder line = new StringBuilder();
            int c = lines.read();
            if (c < 0) {
                return null;
            }
            while (c >= 0 && c != '\n') {
                if (c == 0 || line.length() == LONGEST_LINE) {
                    throw new IngestException(
                            name
                                    + " is not a list of paths: line "
                                    + number
                                    + (c == 0
                                            ? " holds a zero byte"
                                            : " is longer than " + LONGEST_LINE + " characters")
                                    + "; expected one path per line. Give archives as arguments");
                }
                line.append((char) c);
                c = lines.read();
            }
            int end = line.length();
            return end > 0 && line.charAt(end - 1) == '\r'
                    ? line.substring(0, end - 1)
                    : line.toString();
        } catch (IOException e) {
            throw unreadable(number - 1, e);
        }
    }

    private IngestException unreadable(long lastLine, IOException reason) {
        return new IngestException(
                name + " cannot be read after line " + lastLine + ": " + reason.getMessage(),
                reason);
    }
}
