package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.operations.OperationException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReportServerTest {
    private final AtomicInteger made = new AtomicInteger();

    private static String answer(ReportServer server, String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            OutputStream out = socket.getOutputStream();
            out.write((request + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void thePageIsServedAndNotMadeForEachLook() throws IOException {
        try (ReportServer server = ReportServer.start(0, () -> "page " + made.incrementAndGet())) {
            for (int look = 0; look < 2; look++) {
                assertThat(answer(server, "GET / HTTP/1.1\r\nHost: localhost:1"))
                        .startsWith("HTTP/1.1 200")
                        .contains("text/html", "no-store", "page 1");
            }
            assertThat(answer(server, "GET /favicon.ico HTTP/1.1\r\nHost: localhost"))
                    .startsWith("HTTP/1.1 404");
            assertThat(answer(server, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0"))
                    .startsWith("HTTP/1.1 405");
        }
    }

    @Test
    void anotherNameThanThisMachinesIsRefused() throws IOException {
        try (ReportServer server = ReportServer.start(0, () -> "page " + made.incrementAndGet())) {
            assertThat(answer(server, "GET / HTTP/1.1\r\nHost: evil.example:80"))
                    .startsWith("HTTP/1.1 403")
                    .doesNotContain("page");
        }
        assertThat(made).hasValue(0);
    }

    @Test
    void whatCannotBeReadIsToldAndTriedAgain() throws IOException {
        try (ReportServer server =
                ReportServer.start(
                        0,
                        () -> {
                            if (made.incrementAndGet() == 1) {
                                throw new OperationException("the broker is away");
                            }
                            return "page";
                        })) {
            assertThat(answer(server, "GET / HTTP/1.1\r\nHost: 127.0.0.1"))
                    .startsWith("HTTP/1.1 503")
                    .containsIgnoringCase("refresh: 5")
                    .contains("the broker is away");
            assertThat(answer(server, "GET / HTTP/1.1\r\nHost: 127.0.0.1"))
                    .startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aPortInUseIsNamed() {
        try (ReportServer first = ReportServer.start(0, () -> "")) {
            int port = first.address().getPort();
            assertThatThrownBy(() -> ReportServer.start(port, () -> ""))
                    .isInstanceOf(OperationException.class)
                    .hasMessageContaining("--port " + port);
        }
    }
}
