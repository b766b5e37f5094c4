package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.TestRecords;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InterruptionsTest {
    private static final int ROUND = 16;

    private final Interruptions interruptions = new Interruptions(1);

    /** A step of 0.2 s, which has waited for its batch until a second ends. */
    private void step(long step, long second) {
        interruptions.add(
                StepPoint.of(
                        Records.BEGIN.plusSeconds(second),
                        TestRecords.step("run", step).setWaitShare(0.8).build()));
    }

    private void steps(long from, long to, long second) {
        for (long step = from; step <= to; step++) {
            step(step, second + step - from);
        }
    }

    @Test
    void stepsThatAreTakenAgainAreARecovery() {
        steps(1, 24, 0);
        steps(11, 30, 40);
        assertThat(interruptions.found(Set.of(), ROUND))
                .containsExactly(
                        new Interruption(
                                Records.BEGIN.plusSeconds(40), 10, 14, Duration.ofSeconds(17)));
    }

    @Test
    void aTimeThatNoStepAndNoWaitExplainsIsAPause() {
        steps(1, 10, 0);
        steps(11, 20, 100);
        List<Interruption> found = interruptions.found(Set.of(), ROUND);
        assertThat(found).hasSize(1);
        assertThat(found.get(0).step()).isEqualTo(10);
        assertThat(found.get(0).lostSteps()).isZero();
        assertThat(found.get(0).away()).isEqualTo(Duration.ofSeconds(90));
    }

    @Test
    void aLongWaitForABatchIsNoInterruption() {
        steps(1, 10, 0);
        interruptions.add(
                StepPoint.of(
                        Records.BEGIN.plusSeconds(3600),
                        TestRecords.step("run", 11).setWaitShare(1 - 0.2 / 3590).build()));
        assertThat(interruptions.found(Set.of(), ROUND)).isEmpty();
    }

    @Test
    void writingAnEventsFilesIsNoInterruption() {
        steps(1, 10, 0);
        steps(11, 20, 60);
        assertThat(interruptions.found(Set.of(10L), ROUND)).isEmpty();
        assertThat(interruptions.found(Set.of(9L), ROUND)).hasSize(1);
    }

    @Test
    void eachPartitionHasAnOrderOfItsOwn() {
        for (int step = 1; step <= 20; step++) {
            interruptions.add(
                    StepPoint.of(
                            Records.BEGIN.plusSeconds(step),
                            TestRecords.step("run", step)
                                    .setBatchPartition(step % 2)
                                    .setBatchOffset(step / 2 + (step % 2) * 1000L)
                                    .build()));
        }
        assertThat(interruptions.found(Set.of(), ROUND)).isEmpty();
    }

    @Test
    void aFailureInterruptsAllTrainersOnce() {
        Interruptions ofTwo = new Interruptions(2);
        for (long step = 1; step <= 20; step++) {
            addBoth(ofTwo, step, step, step);
        }
        addBoth(ofTwo, 11, 13, 50); // trainer 1 had been ahead in the checkpoint
        addBoth(ofTwo, 12, 14, 51);
        assertThat(ofTwo.found(Set.of(), ROUND))
                .containsExactly(
                        new Interruption(
                                Records.BEGIN.plusSeconds(50), 10, 18, Duration.ofSeconds(30)));
        addBoth(ofTwo, 12, 13, 90);
        assertThat(ofTwo.found(Set.of(), ROUND)).hasSize(2);
    }

    @Test
    void anExchangeBetweenRoundsIsNoInterruption() {
        Interruptions ofTwo = new Interruptions(2);
        for (long step = 1; step <= 16; step++) {
            addBoth(ofTwo, step, step, step);
            step(step, step);
        }
        addBoth(ofTwo, 17, 17, 32);
        step(17, 32);
        assertThat(ofTwo.found(Set.of(), ROUND)).isEmpty();
        assertThat(ofTwo.found(Set.of(), 15)).hasSize(1);
        assertThat(interruptions.found(Set.of(), ROUND)).hasSize(1); // a trainer without rounds
        addBoth(ofTwo, 18, 18, 350);
        assertThat(ofTwo.found(Set.of(), ROUND)).hasSize(1);
    }

    private static void addBoth(Interruptions ofTwo, long first, long second, long at) {
        addOf(ofTwo, 0, first, at);
        addOf(ofTwo, 1, second, at);
    }

    private static void addOf(Interruptions ofTwo, int trainer, long step, long at) {
        ofTwo.add(
                StepPoint.of(
                        Records.BEGIN.plusSeconds(at),
                        TestRecords.step("run", step)
                                .setBatchPartition(trainer)
                                .setWaitShare(0.8)
                                .build()));
    }
}
