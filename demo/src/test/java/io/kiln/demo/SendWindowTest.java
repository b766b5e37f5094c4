package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.demo.RunRecord.Counts;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SendWindowTest {
    private static final int BATCH = 32;

    @Test
    void withOnePartitionExactlyTheImagesOfTheStepsAreSent() {
        SendWindow window = new SendWindow(config(1, 1), OptionalLong.of(3));
        assertThat(mostSent(window, counts(0, 0, 0))).isEqualTo(3 * BATCH);
        assertThat(mostSent(window, counts(2, 2 * BATCH, 0))).isEqualTo(3 * BATCH);
        assertThat(mostSent(window, counts(3, 3 * BATCH, 0))).isEqualTo(3 * BATCH);
    }

    @Test
    void aDeadLetterIsReplacedByAnotherImage() {
        SendWindow window = new SendWindow(config(1, 1), OptionalLong.of(3));
        assertThat(mostSent(window, counts(0, 0, 2))).isEqualTo(3 * BATCH + 2);
    }

    @Test
    void severalPartitionsMayEachHoldAnUnfilledBatch() {
        SendWindow window = new SendWindow(config(4, 1), OptionalLong.of(3));
        assertThat(mostSent(window, counts(0, 0, 0))).isEqualTo(3 * BATCH + 3 * (BATCH - 1));
    }

    @Test
    void aStreamWithoutEndStaysWithinAWindowAheadOfTheTrainer() {
        SendWindow window = new SendWindow(config(1, 1), OptionalLong.empty());
        assertThat(mostSent(window, counts(0, 0, 0))).isEqualTo(16 * BATCH);
        Counts later = new Counts(100, 100, 100 * BATCH, 0, 0, 0, 0, 160);
        long ahead = mostSent(window, later) - 100 * BATCH;
        assertThat(ahead).isEqualTo(160 * 2 * 5 / 2);
        assertThat(ahead % BATCH).isZero();
    }

    @Test
    void viewsCountOnceEach() {
        SendWindow window = new SendWindow(config(1, 4), OptionalLong.of(3));
        assertThat(mostSent(window, counts(0, 0, 0))).isEqualTo(3 * BATCH / 4);
        assertThat(window.settled(counts(1, BATCH, 2))).isEqualTo(BATCH / 4 + 2);
    }

    @Test
    void anImageIsSettledWhenItIsTrainedOnHeldOutOrADeadLetter() {
        SendWindow window = new SendWindow(config(1, 1), OptionalLong.of(3));
        Counts counts = new Counts(2, 2, 2 * BATCH, 5, 4, 3, 0, 0);
        assertThat(window.settled(counts)).isEqualTo(2 * BATCH + 5 + 4);
        // 1 of the 4 dead letters would have been held out: it needs no other in its place
        assertThat(mostSent(window, counts)).isEqualTo(3 * BATCH + 3);
    }

    private static Counts counts(long step, long trained, int deadLetters) {
        return new Counts(step, step, trained, 0, deadLetters, deadLetters, 0, 0);
    }

    private static long mostSent(SendWindow window, Counts counts) {
        long sent = 0;
        while (window.allows(sent, counts)) {
            sent++;
        }
        return sent;
    }

    private static KilnConfig config(int partitions, int views) {
        return KilnConfig.parse(
                "",
                List.of(
                        "masking.batchSize=" + BATCH,
                        "masking.views=" + views,
                        "topics.imagePartitions=" + partitions,
                        "flink.checkpointInterval=2s"));
    }
}
