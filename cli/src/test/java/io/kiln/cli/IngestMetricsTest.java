package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.ingest.IngestException;
import io.kiln.ingest.IngestListener;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.Origin;
import io.kiln.ingest.Refusal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IngestMetricsTest {
    private final List<Object> heard = new ArrayList<>();
    private final IngestListener next =
            new IngestListener() {
                @Override
                public void progress(IngestProgress progress) {
                    heard.add(progress);
                }

                @Override
                public void refused(Refusal refusal) {
                    heard.add(refusal);
                }
            };

    private static HttpResponse<String> get(IngestMetrics metrics) throws Exception {
        URI page = URI.create("http://127.0.0.1:" + metrics.port() + "/metrics");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void whatWasSentAndRefusedIsShown() throws Exception {
        try (IngestMetrics metrics = IngestMetrics.on(0, next)) {
            assertThat(get(metrics).body())
                    .contains(
                            "kiln_ingest_images_total 0.0\n",
                            "kiln_ingest_last_image_seconds 0.0\n",
                            "kiln_ingest_refused_total{reason=\"TOO_LARGE\"} 0.0\n");
            metrics.progress(new IngestProgress(12, 34_000, 1, 0, 0, 2));
            metrics.refused(
                    new Refusal(new Origin("a", "file:/a"), Refusal.Reason.TOO_LARGE, "large"));
            HttpResponse<String> answer = get(metrics);
            assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
                    .startsWith("text/plain; version=0.0.4");
            assertThat(answer.body())
                    .contains(
                            "# HELP kiln_ingest_images_total images that the broker has stored\n",
                            "# TYPE kiln_ingest_images_total counter\nkiln_ingest_images_total 12.0\n",
                            "kiln_ingest_bytes_total 34000.0\n",
                            "kiln_ingest_refused_total{reason=\"TOO_LARGE\"} 1.0\n",
                            "kiln_ingest_refused_total{reason=\"NOT_AN_IMAGE\"} 0.0\n")
                    .doesNotContain("kiln_ingest_last_image_seconds 0.0");
        }
        assertThat(heard).hasSize(2);
    }

    @Test
    void aPortInUseIsNamed() {
        try (IngestMetrics first = IngestMetrics.on(0, next)) {
            int port = first.port();
            assertThatThrownBy(() -> IngestMetrics.on(port, next))
                    .isInstanceOf(IngestException.class)
                    .hasMessageContaining("--metrics-port " + port + ": ")
                    .hasMessageContaining("expected a free port");
        }
    }

    @Test
    void nothingIsShownUnasked() {
        try (IngestMetrics metrics = IngestMetrics.on(null, next)) {
            assertThat(metrics.port()).isZero();
        }
    }
}
