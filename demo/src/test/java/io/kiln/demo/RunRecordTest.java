package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.masking.sampling.Holdout;
import io.kiln.operations.deadletters.DeadLetterRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RunRecordTest {
    private final RunRecord record = new RunRecord(Holdout.NONE);

    @Test
    void aWaitingThreadWakesWhenTheRecordsFulfilItsCondition() throws Exception {
        CompletableFuture<Boolean> woken =
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return record.await(
                                        counts -> counts.batches() == 3, Duration.ofSeconds(50));
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        record.batch();
        record.batch();
        assertThat(woken).isNotDone();
        record.batch();
        assertThat(woken.get(40, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aDeadLetterThatWouldHaveBeenHeldOutIsNotLostToTraining() {
        Holdout half = new Holdout(0.5);
        RunRecord halved = new RunRecord(half);
        int held = 0;
        for (int i = 0; i < 20; i++) {
            String imageId = "image-" + i;
            held += half.holds(imageId) ? 1 : 0;
            halved.deadLetter(
                    new DeadLetterRecord(
                            i,
                            Instant.EPOCH,
                            "TRUNCATED",
                            "ends early",
                            "images",
                            0,
                            i,
                            "file:/" + i,
                            imageId,
                            100,
                            0,
                            false));
        }
        assertThat(held).isBetween(1, 19);
        assertThat(halved.counts().deadLetters()).isEqualTo(20);
        assertThat(halved.counts().lost()).isEqualTo(20 - held);
    }

    @Test
    void aConditionThatIsNotFulfilledTimesOut() throws Exception {
        assertThat(record.await(counts -> counts.batches() > 0, Duration.ofMillis(20))).isFalse();
    }
}
