package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(90)
class HttpImagesTest {
    private static final HttpLimits LIMITS =
            new HttpLimits(4, Duration.ofSeconds(20), 3, Duration.ofMillis(10), 1000, false);

    private final AtomicInteger failures = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/image/", e -> answer(e, 200, name(e)));
        server.createContext("/gone", e -> answer(e, 404, "no"));
        server.createContext("/private", HttpImagesTest::credentials);
        server.createContext("/moved", e -> redirect(e, "/image/new"));
        server.createContext(
                "/elsewhere",
                e -> redirect(e, url("/image/new").replace("127.0.0.1", "localhost")));
        server.createContext("/metadata", e -> redirect(e, "http://169.254.169.254/latest"));
        server.createContext("/local", e -> redirect(e, "file:///etc/passwd"));
        server.createContext("/circle", e -> redirect(e, "/circle"));
        server.createContext(
                "/flaky", e -> answer(e, failures.incrementAndGet() < 3 ? 503 : 200, "at last"));
        server.createContext("/broken", e -> answer(e, 500, "never"));
        server.createContext("/endless", HttpImagesTest::endless);
        server.createContext("/stalled", HttpImagesTest::stalled);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private static String name(HttpExchange exchange) {
        return exchange.getRequestURI().getPath();
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static void credentials(HttpExchange exchange) throws IOException {
        String sent = exchange.getRequestHeaders().getFirst("Authorization");
        answer(exchange, sent == null ? 401 : 200, String.valueOf(sent));
    }

    private static void redirect(HttpExchange exchange, String to) throws IOException {
        exchange.getResponseHeaders().add("Location", to);
        answer(exchange, 302, "");
    }

    private static void endless(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        while (true) {
            exchange.getResponseBody().write(new byte[4096]);
        }
    }

    /** Promises more than it sends, and holds the connection. */
    private static void stalled(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 100);
        exchange.getResponseBody().write(1);
        exchange.getResponseBody().flush();
    }

    private String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    private Found found(String... paths) throws InterruptedException {
        List<String> urls = new ArrayList<>();
        for (String path : paths) {
            urls.add(url(path));
        }
        return Found.in(new UrlSource(urls, LIMITS));
    }

    /** The next line comes once the images of those before are there. */
    @Test
    void whatWasFetchedIsShownWhileTheListIsQuiet() throws Exception {
        HttpLimits patient =
                new HttpLimits(4, Duration.ofSeconds(20), 1, Duration.ZERO, 1000, false);
        PipedOutputStream list = new PipedOutputStream();
        Queue<String> events = new ConcurrentLinkedQueue<>();
        PathListSource source =
                new PathListSource(
                        new PipedInputStream(list), "the list", Path.of(""), patient, Links.WITHIN);
        Found found =
                new Found() {
                    @Override
                    public void candidate(Origin origin, InputStream content)
                            throws InterruptedException {
                        super.candidate(origin, content);
                        events.add("shown");
                    }

                    @Override
                    public void idle() {
                        events.add("idle");
                    }
                };
        Future<?> visit =
                threads.submit(
                        () -> {
                            source.visit(found);
                            return null;
                        });
        for (int line = 1; line <= 2; line++) {
            String urls = url("/image/a" + line) + "\n" + url("/image/b" + line) + "\n";
            list.write(urls.getBytes(StandardCharsets.UTF_8));
            list.flush();
            while (Collections.frequency(events, "shown") < 2 * line) {
                Thread.sleep(5); // within the time-out of the class
            }
        }
        list.close();
        visit.get();
        assertThat(events).contains("idle");
    }

    /** Those of RFC 7617's second example. */
    @Test
    void userAndPasswordAreSentToTheServerThatTheUrlNames() throws Exception {
        String url = url("/private").replace("//", "//test:123%C2%A3@");
        Found found = Found.in(new UrlSource(List.of(url), LIMITS));
        assertThat(found.refusals).isEmpty();
        assertThat(found.candidates.values())
                .containsExactly("Basic dGVzdDoxMjPCow==".getBytes(StandardCharsets.UTF_8));
        assertThat(found.candidates.keySet().toString()).doesNotContain("test", "123");
    }

    /** The server answers with the path that it understood. */
    @ParameterizedTest
    @CsvSource({
        "/image/a b.png, /image/a b.png",
        "/image/ä.png, /image/ä.png",
        "/image/[1]|{2}.png, /image/[1]|{2}.png",
        "/image/100%.png, /image/100%.png",
        "/image/a%20b.png, /image/a b.png"
    })
    void charactersThatCurlEscapesAreEscaped(String path, String understood) throws Exception {
        Found found = Found.in(new UrlSource(List.of(url(path)), LIMITS));
        assertThat(found.refusals).isEmpty();
        assertThat(found.candidates.values())
                .containsExactly(understood.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void imagesComeInTheOrderOfTheirUrls() throws Exception {
        String[] paths = new String[20];
        for (int i = 0; i < paths.length; i++) {
            paths[i] = "/image/" + i;
        }
        Found found = found(paths);
        assertThat(found.refusals).isEmpty();
        assertThat(found.candidates.values())
                .extracting(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .containsExactly(paths);
    }

    @Test
    void whatFailsForATimeIsTriedAgain() throws Exception {
        Found found = found("/flaky");
        assertThat(found.candidates).containsKey(url("/flaky"));
        assertThat(failures.get()).isEqualTo(3);
    }

    @Test
    void whatIsNotThereIsRefusedWithTheReasonAndTheRestGoesOn() throws Exception {
        Found found = found("/gone", "/broken", "/moved");
        assertThat(found.refusals)
                .extracting(Refusal::detail)
                .containsExactly("HTTP status 404", "HTTP status 500, 3 times");
        assertThat(found.candidates).containsOnlyKeys(url("/moved"));
    }

    @Test
    void redirectsLeadToNoInternalAddressThatWasNotAskedFor() throws Exception {
        Found found = found("/elsewhere", "/metadata", "/local");
        assertThat(found.candidates).isEmpty();
        assertThat(found.refusals)
                .extracting(Refusal::detail)
                .containsExactly(
                        "redirected to localhost, an internal address; ingest.internalAddresses=true allows it",
                        "redirected to 169.254.169.254, an internal address; ingest.internalAddresses=true allows it",
                        "redirected from http to file");
        Found asked = Found.in(new UrlSource(List.of("http://169.254.169.254/latest"), LIMITS));
        assertThat(asked.refusals)
                .extracting(Refusal::detail)
                .containsExactly(
                        "169.254.169.254, an internal address; ingest.internalAddresses=true allows it");
        HttpLimits lenient =
                new HttpLimits(1, Duration.ofSeconds(5), 1, Duration.ofMillis(10), 1000, true);
        Found allowed =
                Found.in(new UrlSource(List.of(url("/elsewhere"), url("/circle")), lenient));
        assertThat(allowed.candidates).containsOnlyKeys(url("/elsewhere"));
        assertThat(allowed.refusals)
                .extracting(Refusal::detail)
                .containsExactly("more than 5 redirects");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, true",
        "10.1.2.3, true",
        "172.16.0.1, true",
        "192.168.0.1, true",
        "169.254.169.254, true",
        "100.64.0.1, true",
        "0.0.0.0, true",
        "2130706433, true",
        "::1, true",
        "::ffff:127.0.0.1, true",
        "fe80::1, true",
        "fd00:ec2::254, true",
        "224.0.0.1, true",
        "100.128.0.1, false",
        "8.8.8.8, false",
        "2001:4860:4860::8888, false"
    })
    void anAddressIsInternalIfTheInternetDoesNotReachIt(String address, boolean internal)
            throws Exception {
        assertThat(InternalAddresses.isInternal(InetAddress.getByName(address)))
                .isEqualTo(internal);
    }

    @Test
    void whatAuthorisesToFetchAnImageIsNoPartOfItsSource() throws Exception {
        String signed =
                url("/image/1").replace("//", "//me:s3cret@") + "?v=2&X-Amz-Signature=s3cret";
        Found found = Found.in(new UrlSource(List.of(signed, signed + " \u0000["), LIMITS));
        assertThat(found.candidates.keySet())
                .contains(url("/image/1") + "?v=2&X-Amz-Signature=(hidden)");
        assertThat(found.refusals.toString() + found.candidates.keySet()).doesNotContain("s3cret");
    }

    @Test
    void aBodyWithoutEndIsReadUpToTheLimit() throws Exception {
        Found found = found("/endless");
        assertThat(found.candidates.get(url("/endless"))).hasSize(1000);
    }

    @Test
    void aServerThatStopsInTheMiddleIsGivenUp() throws Exception {
        HttpLimits impatient =
                new HttpLimits(1, Duration.ofSeconds(1), 3, Duration.ofMillis(10), 1000, false);
        Found found = Found.in(new UrlSource(List.of(url("/stalled")), impatient));
        assertThat(found.refusals)
                .extracting(Refusal::detail)
                .containsExactly("not fetched within 1 s, 3 times");
    }

    @Test
    void aListMayHoldUrlsAndPaths() throws Exception {
        String list = url("/image/1") + "\nnowhere.jpg\nhttp://no host/\n";
        Found found =
                Found.in(
                        new PathListSource(
                                new ByteArrayInputStream(list.getBytes(StandardCharsets.UTF_8)),
                                "list",
                                Path.of("/does-not-exist"),
                                LIMITS,
                                Links.WITHIN));
        assertThat(found.candidates).containsOnlyKeys(url("/image/1"));
        assertThat(found.refusals).hasSize(2);
        assertThat(found.refusals.get(0).detail()).isEqualTo("no such file");
        assertThat(found.refusals.get(1).detail()).startsWith("no URL: ");
    }
}
