package io.kiln.ingest;

import io.kiln.ingest.ImageSource.Visitor;
import io.kiln.ingest.Refusal.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * Images fetched over HTTP, several at a time, shown in the order in which they were asked for.
 * What may work the next time (no connection, too slow, status 408, 425, 429, 500 and above) is
 * tried again after a pause, as long as the server asks for in Retry-After; anything else is
 * refused at once. Redirects are followed, but not from HTTPS to HTTP, and not to internal
 * addresses.
 */
final class HttpImages implements AutoCloseable {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    private static final int MOST_REDIRECTS = 5;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /** A percent sign that begins no escape. */
    private static final Pattern PERCENT = Pattern.compile("%(?![0-9a-fA-F]{2})");

    private final HttpLimits limits;
    private final HttpClient client;
    private final ExecutorService workers;
    private final Deque<Asked> underway = new ArrayDeque<>();

    /** An image that was asked for. */
    private record Asked(Origin origin, Future<byte[]> content) {}

    /** Why there is no image, in words. */
    private static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;
        private final boolean temporary;
        private final Duration wait;

        private Refused(String message, boolean temporary, Duration wait) {
            super(message);
            this.temporary = temporary;
            this.wait = wait;
        }
    }

    HttpImages(HttpLimits limits) {
        this.limits = limits;
        this.client =
                HttpClient.newBuilder()
                        .connectTimeout(limits.timeout())
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .build();
        this.workers =
                Executors.newFixedThreadPool(
                        limits.parallelism(),
                        work -> {
                            Thread thread = new Thread(work, "http-images");
                            thread.setDaemon(true);
                            return thread;
                        });
    }

    /** Whether text is a URL and no path. */
    static boolean isUrl(String text) {
        return text.regionMatches(true, 0, "http://", 0, 7)
                || text.regionMatches(true, 0, "https://", 0, 8);
    }

    /** Escapes what browsers and curl escape: characters that a URL may not hold as they are. */
    private static String escaped(String url) {
        int path = url.indexOf('/', url.indexOf("//") + 2);
        if (path < 0) {
            return url;
        }
        StringBuilder text = new StringBuilder(url.length()).append(url, 0, path);
        for (byte value : url.substring(path).getBytes(StandardCharsets.UTF_8)) {
            if (value <= ' ' || value == 0x7F || "\"<>\\^`{|}[]".indexOf(value) >= 0) {
                text.append('%').append(HEX.toHexDigits(value));
            } else {
                text.append((char) value);
            }
        }
        return PERCENT.matcher(text).replaceAll("%25");
    }

    /** Asks for an image; shows earlier ones if enough are under way. */
    void ask(String url, Visitor visitor) throws InterruptedException {
        Origin origin = Origin.ofUrl(url);
        URI uri;
        try {
            uri = URI.create(escaped(url));
            HttpRequest.newBuilder(uri);
        } catch (IllegalArgumentException e) {
            drain(visitor);
            visitor.refused(new Refusal(origin, Reason.UNREADABLE, "no URL: " + why(e)));
            return;
        }
        underway.add(new Asked(origin, workers.submit(() -> fetch(uri))));
        if (underway.size() >= limits.parallelism()) {
            showOldest(visitor);
        }
    }

    /** In words that leave the URL out, which may be secret. */
    private static String why(IllegalArgumentException refusal) {
        return refusal.getCause() instanceof URISyntaxException syntax
                ? syntax.getReason()
                : "it cannot be fetched";
    }

    /**
     * Shows the oldest that is under way if it comes within a moment.
     *
     * @return false if none is under way
     */
    boolean showNext(Visitor visitor, Duration moment) throws InterruptedException {
        Asked oldest = underway.peek();
        if (oldest == null) {
            return false;
        }
        try {
            oldest.content().get(moment.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return true;
        } catch (ExecutionException e) {
            // There is none to wait for; it is shown as refused.
        }
        showOldest(visitor);
        return true;
    }

    /** Shows all that were asked for. */
    void drain(Visitor visitor) throws InterruptedException {
        while (!underway.isEmpty()) {
            showOldest(visitor);
        }
    }

    private void showOldest(Visitor visitor) throws InterruptedException {
        Asked asked = underway.remove();
        try {
            visitor.candidate(asked.origin(), new ByteArrayInputStream(asked.content().get()));
        } catch (ExecutionException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            visitor.refused(
                    new Refusal(
                            asked.origin(),
                            Reason.UNREADABLE,
                            String.valueOf(reason.getMessage())));
        }
    }

    private byte[] fetch(URI uri) throws IOException, InterruptedException {
        Duration pause = limits.pause();
        for (int attempt = 1; ; attempt++) {
            try {
                return attempt(uri);
            } catch (Refused e) {
                if (!e.temporary || attempt == limits.attempts()) {
                    throw attempt == 1
                            ? e
                            : new IOException(e.getMessage() + ", " + attempt + " times", e);
                }
                Duration wait = e.wait.compareTo(pause) > 0 ? e.wait : pause;
                Thread.sleep(wait.toMillis());
                pause = pause.multipliedBy(2);
            }
        }
    }

    private byte[] attempt(URI asked) throws Refused, InterruptedException {
        long deadline = System.nanoTime() + limits.timeout().toNanos();
        requireAllowed(asked, asked);
        URI uri = asked;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            HttpResponse<byte[]> response = answer(uri, deadline);
            if (response.statusCode() == 200) {
                return response.body();
            }
            Optional<URI> next = redirect(asked, uri, response);
            if (next.isEmpty()) {
                throw refused(response);
            }
            uri = next.get();
        }
        throw new Refused("more than " + MOST_REDIRECTS + " redirects", false, Duration.ZERO);
    }

    private HttpResponse<byte[]> answer(URI uri, long deadline)
            throws Refused, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri)
                        .timeout(limits.timeout())
                        .header("User-Agent", "kiln-ingest");
        if (uri.getUserInfo() != null) { // the client does not send it
            byte[] user = uri.getUserInfo().getBytes(StandardCharsets.UTF_8);
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(user));
        }
        CompletableFuture<HttpResponse<byte[]>> answer =
                client.sendAsync(request.build(), info -> new BoundedBody(limits.maxBytes()));
        try {
            return answer.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new Refused(
                    "not fetched within " + limits.timeout().toSeconds() + " s",
                    true,
                    Duration.ZERO);
        } catch (ExecutionException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            String words = reason.getMessage();
            throw new Refused(
                    words == null ? reason.getClass().getSimpleName() : words, true, Duration.ZERO);
        } finally {
            answer.cancel(true);
        }
    }

    /** Where a server sends the fetcher, if it does and may. */
    private Optional<URI> redirect(URI asked, URI from, HttpResponse<byte[]> response)
            throws Refused {
        Optional<String> location = response.headers().firstValue("Location");
        if (!REDIRECTS.contains(response.statusCode()) || location.isEmpty()) {
            return Optional.empty();
        }
        URI next;
        try {
            next = from.resolve(escaped(location.get()));
        } catch (IllegalArgumentException e) {
            throw new Refused("redirected to an invalid URL", false, Duration.ZERO);
        }
        if (!isUrl(next.toString())
                || from.getScheme().equalsIgnoreCase("https")
                        && !next.getScheme().equalsIgnoreCase("https")) {
            throw new Refused(
                    "redirected from " + from.getScheme() + " to " + next.getScheme(),
                    false,
                    Duration.ZERO);
        }
        requireAllowed(asked, next);
        return Optional.of(next);
    }

    private void requireAllowed(URI asked, URI next) throws Refused {
        try {
            if (!limits.internalAddresses()) {
                InternalAddresses.requireAllowed(asked, next);
            }
        } catch (IOException e) {
            throw new Refused(String.valueOf(e.getMessage()), false, Duration.ZERO);
        }
    }

    private static Refused refused(HttpResponse<byte[]> response) {
        int status = response.statusCode();
        boolean temporary = status == 408 || status == 425 || status == 429 || status >= 500;
        return new Refused("HTTP status " + status, temporary, retryAfter(response));
    }

    private static Duration retryAfter(HttpResponse<byte[]> response) {
        String text = response.headers().firstValue("Retry-After").orElse("0");
        if (!text.matches("\\d{1,9}")) {
            return Duration.ZERO; // a date: the pause that grows will do
        }
        Duration asked = Duration.ofSeconds(Long.parseLong(text));
        return asked.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : asked;
    }

    /** Gives up what is under way. */
    @Override
    public void close() {
        workers.shutdownNow();
    }
}
