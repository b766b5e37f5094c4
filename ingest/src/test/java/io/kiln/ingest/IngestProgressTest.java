package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kiln.config.DataSize;
import io.kiln.config.KilnConfig;
import io.kiln.ingest.IngestSummary.Refused;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IngestProgressTest {
    @Test
    void timeLeftFollowsFromTheShareDone() {
        IngestProgress quarter = new IngestProgress(10, 500, 2, 1000, 4000, 5);
        assertThat(quarter.share()).hasValue(0.25);
        assertThat(quarter.secondsLeft().orElseThrow()).isCloseTo(15, within(1e-9));
        assertThat(quarter.imagesPerSecond()).isEqualTo(2);
        assertThat(quarter.bytesPerSecond()).isEqualTo(100);
    }

    @Test
    void nothingIsPromisedWhereNothingIsKnown() {
        IngestProgress unknown = new IngestProgress(10, 500, 0, 1000, ImageSource.UNKNOWN, 5);
        assertThat(unknown.share()).isEmpty();
        assertThat(unknown.secondsLeft()).isEmpty();
        IngestProgress start = new IngestProgress(0, 0, 0, 0, 4000, 0);
        assertThat(start.share()).hasValue(0);
        assertThat(start.secondsLeft()).isEmpty();
        assertThat(start.imagesPerSecond()).isZero();
        assertThat(start.bytesPerSecond()).isZero();
    }

    @Test
    void grownInputIsNeverMoreThanAll() {
        IngestProgress grown = new IngestProgress(10, 500, 0, 5000, 4000, 5);
        assertThat(grown.share()).hasValue(1);
        assertThat(grown.secondsLeft()).hasValue(0);
    }

    @Test
    void summaryAddsUpWhatWasRefused() {
        IngestSummary summary =
                new IngestSummary(
                        0,
                        0,
                        Map.of(
                                Refusal.Reason.TOO_LARGE, new Refused(7, List.of("a")),
                                Refusal.Reason.UNREADABLE, new Refused(1, List.of("b"))),
                        0,
                        0,
                        0,
                        false,
                        1);
        assertThat(summary.refusedCount()).isEqualTo(8);
        assertThat(summary.foundNothing()).isFalse();
        assertThat(new IngestSummary(0, 0, Map.of(), 3, 0, 0, false, 1).foundNothing()).isTrue();
    }

    @Test
    void limitThatNoTopicTakesIsRefused() {
        IngestOptions options = IngestOptions.of(KilnConfig.defaults().ingest());
        assertThat(options.maxImageBytes()).isEqualTo(new DataSize(16 * 1024 * 1024));
        assertThatThrownBy(
                        () ->
                                new IngestOptions(
                                        new DataSize(31L * 1024 * 1024),
                                        Map.of(),
                                        options.unrecognised(),
                                        List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxImageBytes: 31MiB is not allowed; expected 1 to 30MiB");
    }
}
