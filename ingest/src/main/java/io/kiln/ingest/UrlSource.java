package io.kiln.ingest;

import io.kiln.ingest.Refusal.Reason;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Images that lie on web servers. */
public final class UrlSource implements ImageSource {
    private static final Pattern SCHEME = Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]+)://");

    private final List<String> urls;
    private final HttpLimits limits;

    /**
     * @param urls http or https, each of one image
     */
    public UrlSource(List<String> urls, HttpLimits limits) {
        this.urls = List.copyOf(urls);
        this.limits = limits;
    }

    /** Whether an argument is a URL and no path; a URL that is not fetched is refused by name. */
    public static boolean isUrl(String argument) {
        return HttpImages.isUrl(argument) || otherScheme(argument).isPresent();
    }

    /** The scheme of a URL that is not fetched, such as s3 or file; empty for paths. */
    static Optional<String> otherScheme(String text) {
        Matcher matcher = SCHEME.matcher(text);
        return matcher.lookingAt() && !HttpImages.isUrl(text)
                ? Optional.of(matcher.group(1))
                : Optional.empty();
    }

    static Refusal notFetched(String url, String scheme) {
        return new Refusal(
                Origin.ofUrl(url),
                Reason.UNREADABLE,
                "URLs of " + scheme + ": are not fetched; expected http:// or https://, or a path");
    }

    @Override
    public void visit(Visitor visitor) throws InterruptedException {
        try (HttpImages images = new HttpImages(limits)) {
            for (String url : urls) {
                Optional<String> scheme = otherScheme(url);
                if (scheme.isPresent()) {
                    images.drain(visitor);
                    visitor.refused(notFetched(url, scheme.get()));
                } else {
                    images.ask(url, visitor);
                }
            }
            images.drain(visitor);
        }
    }

    /** Unknown until they are fetched. */
    @Override
    public long inputBytes() {
        return UNKNOWN;
    }
}
