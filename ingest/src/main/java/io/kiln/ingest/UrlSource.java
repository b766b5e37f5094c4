package io.kiln.ingest;

import java.util.List;

/** Images that lie on web servers. */
public final class UrlSource implements ImageSource {
    private final List<String> urls;
    private final HttpLimits limits;

    /**
     * @param urls http or https, each of one image
     */
    public UrlSource(List<String> urls, HttpLimits limits) {
        this.urls = List.copyOf(urls);
        this.limits = limits;
    }

    /** Whether an argument is a URL and no path. */
    public static boolean isUrl(String argument) {
        return HttpImages.isUrl(argument);
    }

    @Override
    public void visit(Visitor visitor) throws InterruptedException {
        try (HttpImages images = new HttpImages(limits)) {
            for (String url : urls) {
                images.ask(url, visitor);
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
