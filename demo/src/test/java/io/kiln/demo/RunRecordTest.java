package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RunRecordTest {
    private final RunRecord record = new RunRecord();

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
    void aConditionThatIsNotFulfilledTimesOut() throws Exception {
        assertThat(record.await(counts -> counts.batches() > 0, Duration.ofMillis(20))).isFalse();
    }
}
