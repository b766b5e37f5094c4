package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.masking.sampling.Holdout;
import io.kiln.operations.report.StepPoint;
import io.kiln.schemas.TestRecords;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class ResumptionsTest {
    private static final Instant RESUMED = Instant.parse("2026-01-02T03:00:00Z");

    private final RunRecord record = new RunRecord(Holdout.NONE);
    private final Resumptions resumed =
            new Resumptions(List.of(RESUMED.minusSeconds(60).toEpochMilli(), millis(0)), record);

    private static long millis(long second) {
        return RESUMED.plusSeconds(second).toEpochMilli();
    }

    private void step(long step, long second) {
        record.step(
                StepPoint.of(
                        new ConsumerRecord<>(
                                "training-steps",
                                0,
                                step,
                                millis(second),
                                TimestampType.CREATE_TIME,
                                0,
                                0,
                                new byte[0],
                                new byte[0],
                                new RecordHeaders(),
                                Optional.empty()),
                        TestRecords.step("run", step).build()));
    }

    @Test
    void theTimeOfAResumedDemoIsThatOfTheStepsSince() {
        step(10, -90);
        step(30, -30);
        assertThat(resumed.isPending()).isTrue();
        step(31, 5);
        assertThat(resumed.isPending()).isFalse();
        step(100, 51);
        Elapsed elapsed = new Elapsed(51, resumed.stepsBefore());
        assertThat(elapsed.words(100)).isEqualTo("100, 70 of them in 51 s since resuming");
        assertThat(elapsed.time() + " " + elapsed.since()).isEqualTo("51 s since resuming");
        assertThat(resumed.sentences()).isEqualTo(" Resumed after step 10. Resumed after step 30.");
    }

    @Test
    void theTimeOfADemoThatWasNotInterruptedIsThatOfAllSteps() {
        Resumptions none = new Resumptions(List.of(), record);
        assertThat(none.isPending()).isFalse();
        assertThat(none.sentences()).isEmpty();
        Elapsed elapsed = new Elapsed(81.4, none.stepsBefore());
        assertThat(elapsed.words(100)).isEqualTo("100 in 81 s, start and end included");
        assertThat(elapsed.since()).isEqualTo("since the start");
    }
}
