package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.IngestSummary;
import io.kiln.ingest.IngestSummary.Refused;
import io.kiln.ingest.Refusal.Reason;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IngestListingTest {
    private static final IngestSummary SUMMARY =
            new IngestSummary(
                    1234,
                    5_600_000,
                    Map.of(
                            Reason.NOT_AN_IMAGE,
                                    new Refused(7, List.of("a.txt: text", "b.txt: text")),
                            Reason.TOO_LARGE, new Refused(1, List.of("c.png"))),
                    3,
                    0,
                    0,
                    false,
                    2.5);

    @Test
    void textCountsWhatWasSentAndWhatWasNotByReason() {
        assertThat(IngestListing.text(SUMMARY).lines())
                .containsExactly(
                        "sent 1,234 images, 5.6 MB in 2.5 s",
                        "refused 7: not an image",
                        "refused 1: too large",
                        "skipped 3 hidden files");
    }

    @Test
    void jsonHasTheSameFacts() throws Exception {
        JsonNode json = new ObjectMapper().readTree(IngestListing.json(SUMMARY));
        assertThat(json.path("sent").asLong()).isEqualTo(1234);
        assertThat(json.path("refused").asLong()).isEqualTo(8);
        assertThat(json.path("refusals")).hasSize(2);
        assertThat(json.path("refusals").path(0).path("reason").asText()).isEqualTo("NOT_AN_IMAGE");
        assertThat(json.path("interrupted").asBoolean()).isFalse();
    }

    @Test
    void theBarShowsShareRatesAndTimeLeft() {
        IngestProgress half = new IngestProgress(500, 1_000_000, 2, 50, 100, 10);
        assertThat(IngestProgressBar.text(half))
                .isEqualTo(
                        "[##########----------]  50%  500 images  50/s  0.1 MB/s  0:10 left  2 refused");
    }

    @Test
    void withoutATotalThereIsNoShare() {
        IngestProgress unknown = new IngestProgress(500, 1_000_000, 0, 50, -1, 10);
        assertThat(IngestProgressBar.text(unknown)).isEqualTo("500 images  50/s  0.1 MB/s");
    }
}
