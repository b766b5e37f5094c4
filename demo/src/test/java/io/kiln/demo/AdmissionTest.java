package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.ingest.Origin;
import io.kiln.ingest.Refusal;
import io.kiln.ingest.Refusal.Reason;
import io.kiln.masking.sampling.Holdout;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.report.StepPoint;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AdmissionTest {
    private static final int BATCH = 4;

    /** Without a rate, the window holds 16 batches. */
    private static final int WINDOW = 16 * BATCH;

    private final RunRecord record = new RunRecord(Holdout.NONE);
    private final Admission admission =
            new Admission(
                    new SendWindow(config(), OptionalLong.empty()),
                    BATCH,
                    record,
                    SentEarlier.NOTHING);

    /** Numbers of the images that the sender has sent. */
    private final List<Integer> sent = new CopyOnWriteArrayList<>();

    private static KilnConfig config() {
        return KilnConfig.parse(
                "", List.of("masking.batchSize=" + BATCH, "topics.imagePartitions=1"));
    }

    private static Origin image(int number) {
        return new Origin("image " + number, "file:/image-" + number);
    }

    private void send(int number) throws InterruptedException {
        assertThat(admission.admit(image(number))).isTrue();
        admission.passed(image(number), true, false);
    }

    /** Sends what is admitted until the thread is interrupted. */
    private Worker sender(int first) {
        return Worker.start(
                "sender",
                () -> {
                    try {
                        for (int i = first; true; i++) {
                            if (admission.admit(image(i))) {
                                sent.add(i);
                                admission.passed(image(i), true, false);
                            }
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    private void train(long step) {
        record.step(
                new StepPoint(
                        0,
                        step,
                        step * BATCH,
                        BATCH,
                        false,
                        1.0,
                        0.1,
                        0.1,
                        1.0,
                        1.0,
                        0.0,
                        0.0,
                        0,
                        step));
    }

    @Test
    void aFullWindowBlocksUntilImagesAreTrainedOn() {
        try (Worker sender = sender(0)) {
            await().until(() -> admission.sent() == WINDOW);
            train(1);
            await().until(() -> admission.sent() == WINDOW + BATCH);
            train(2);
            train(3);
            await().until(() -> admission.sent() == WINDOW + 3 * BATCH);
            assertThat(sender.failure()).isEmpty();
        }
    }

    @Test
    void anInterruptEndsTheWait() {
        Worker sender = sender(0);
        await().until(() -> admission.sent() == WINDOW);
        sender.close();
        train(1);
        assertThat(sender.failure()).isEmpty();
        assertThat(admission.sent()).isEqualTo(WINDOW);
    }

    @Test
    void anImageThatWasNotProcessedIsNotCounted() throws Exception {
        assertThat(admission.admit(image(0))).isTrue();
        assertThat(admission.sent()).isEqualTo(1);
        admission.passed(image(0), false, false);
        assertThat(admission.sent()).isZero();
    }

    @Test
    void anImageThatIngestRefusesIsNotCountedAndNotAdmittedAgain() throws Exception {
        assertThat(admission.admit(image(0))).isTrue();
        admission.refused(new Refusal(image(0), Reason.TOO_LARGE, "17 MiB"));
        admission.passed(image(0), true, true);
        assertThat(admission.sent()).isZero();
        assertThat(admission.heldOut()).isZero();
        assertThat(admission.refusals()).hasSize(1);
        assertThat(admission.admit(image(0))).isFalse();
    }

    @Test
    void aLaterRefusalByTheBrokerFreesItsPlace() {
        try (Worker sender = sender(0)) {
            await().until(() -> admission.sent() == WINDOW);
            admission.refused(new Refusal(image(3), Reason.REFUSED_BY_BROKER, "too large"));
            await().until(() -> sent.size() == WINDOW + 1);
            assertThat(admission.sent()).isEqualTo(WINDOW);
            assertThat(sender.failure()).isEmpty();
        }
    }

    @Test
    void inTheSecondRoundAnImageWaitsForItsFateInTheFirst() throws Exception {
        for (int i = 0; i < 2 * BATCH; i++) {
            send(i);
        }
        assertThat(admission.admittedAny()).isTrue();
        admission.endRound();
        assertThat(admission.admittedAny()).isFalse();
        try (Worker sender = sender(0)) {
            train(1); // settles the first batch, so the fate of image 0 is known
            await().until(() -> admission.sent() == 2 * BATCH + 1);
            record.deadLetter(deadLetter(1));
            train(2);
            await().until(() -> sent.size() > 3);
            assertThat(sent).startsWith(0, 2, 3);
            assertThat(sender.failure()).isEmpty();
        }
    }

    @Test
    void anImageThatIsHeldOutTakesNoPlaceInTheWindow() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertThat(admission.admit(image(i))).isTrue();
            admission.passed(image(i), true, true);
        }
        assertThat(admission.heldOutAll()).isTrue();
        try (Worker sender = sender(5)) {
            await().until(() -> admission.sent() == WINDOW + 5);
            admission.refused(new Refusal(image(3), Reason.REFUSED_BY_BROKER, "too large"));
            train(1);
            await().until(() -> admission.sent() == WINDOW + 4 + BATCH);
            assertThat(sender.failure()).isEmpty();
        }
        assertThat(admission.heldOut()).isEqualTo(4);
        assertThat(admission.heldOutAll()).isFalse();
    }

    @Test
    void aDeadLetterIsNotSentAgain() throws Exception {
        IntStream.range(0, 2).forEach(i -> record.deadLetter(deadLetter(i)));
        assertThat(admission.admit(image(0))).isFalse();
        assertThat(admission.admit(image(1))).isFalse();
        assertThat(admission.admit(image(2))).isTrue();
    }

    @Test
    void anInterruptedRoundGoesOnBehindTheLastImageThatWasSent() throws Exception {
        Admission resumed =
                new Admission(
                        new SendWindow(config(), OptionalLong.empty()),
                        BATCH,
                        record,
                        new SentEarlier(2 * BATCH, image(2 * BATCH - 1).uri()));
        try (Worker sender =
                Worker.start(
                        "sender",
                        () -> {
                            try {
                                resumed.awaitEarlier();
                                for (int i = 0; i < 3 * BATCH; i++) {
                                    if (resumed.admit(image(i))) {
                                        sent.add(i);
                                        resumed.passed(image(i), true, false);
                                    }
                                }
                                resumed.endRound();
                                sent.add(resumed.admit(image(1)) ? 1 : -1);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        })) {
            assertThat(resumed.sent()).isEqualTo(2 * BATCH);
            assertThat(resumed.admittedAny()).isTrue();
            train(1);
            assertThat(sent).as("7 of 8 are not settled").isEmpty();
            record.deadLetter(deadLetter(1));
            for (int i = 0; i < BATCH - 1; i++) {
                record.heldOut();
            }
            await().until(() -> sent.size() == BATCH);
            assertThat(sent).startsWith(2 * BATCH).endsWith(3 * BATCH - 1);
            assertThat(resumed.heldOut()).isEqualTo(BATCH - 1);
            train(2);
            await().until(() -> sent.size() == BATCH + 1);
            assertThat(sent).as("image 1 is a dead letter").endsWith(-1);
            assertThat(sender.failure()).isEmpty();
        }
    }

    private static DeadLetterRecord deadLetter(int number) {
        return new DeadLetterRecord(
                number,
                Instant.EPOCH,
                "TRUNCATED",
                "ends early",
                "images",
                0,
                number,
                image(number).uri(),
                "id",
                100,
                0,
                false);
    }
}
