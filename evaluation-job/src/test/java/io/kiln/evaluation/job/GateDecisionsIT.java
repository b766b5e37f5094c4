package io.kiln.evaluation.job;

import static io.kiln.evaluation.job.EvaluationRuns.events;
import static io.kiln.evaluation.job.EvaluationRuns.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.TestImages;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.GateDecision;
import io.kiln.schemas.Promotion;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.TestServers;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What comes between a decision and its promotion, step by step, with a real broker. */
@Timeout(300)
class GateDecisionsIT {
    @TempDir static Path directory;

    private EvaluationRuns runs;
    private KilnConfig config;
    private TrainedVersions versions;
    private KeyedTwoInputStreamOperatorTestHarness<
                    String, KafkaInput, KafkaInput, EvaluationMessage>
            harness;

    @BeforeEach
    void start() throws Exception {
        runs = new EvaluationRuns(directory);
        config = runs.run("decisions", "evaluation.promote=when-not-worse");
        versions = new TrainedVersions(config);
    }

    @AfterEach
    void stop() throws Exception {
        harness.close();
        versions.close();
        runs.close();
    }

    private void open(KilnConfig with, OperatorSubtaskState state) throws Exception {
        if (harness != null) {
            harness.close();
        }
        harness = EvaluationRuns.open(with, state);
    }

    private void reads(CheckpointEvent event) throws Exception {
        harness.processElement1(EvaluationRuns.record(config.topics().checkpoints(), 0, event));
    }

    /** Gives the job images and a version. */
    private GateDecision decided(CheckpointEvent event) throws Exception {
        for (int i = 0; i < 40; i++) {
            harness.processElement2(
                    EvaluationRuns.record(config.topics().holdout(), 0, TestImages.one(i)));
        }
        return evaluated(event);
    }

    private GateDecision evaluated(CheckpointEvent event) throws Exception {
        send(config.topics().checkpoints(), List.of(event));
        reads(event);
        int before = harness.extractOutputValues().size();
        waits();
        List<EvaluationMessage> all = harness.extractOutputValues();
        assertThat(all).hasSize(before + 1);
        return new RecordDeserializer<>(TestServers.registry(), Evaluation.class)
                .read(all.get(before).value())
                .getGate();
    }

    /** The first version of a job without state, whose promotion is due. */
    private CheckpointEvent passed() throws Exception {
        open(config, null);
        CheckpointEvent first = versions.next(1);
        assertThat(decided(first).getPassed()).isTrue();
        return first;
    }

    private void waits() throws Exception {
        for (int i = 0; i < 100; i++) {
            harness.setProcessingTime(harness.getProcessingTime() + 1000);
        }
    }

    private OperatorSubtaskState completes(long checkpoint) throws Exception {
        OperatorSubtaskState state = harness.snapshot(checkpoint, 0);
        harness.notifyOfCompletedCheckpoint(checkpoint);
        return state;
    }

    private static CheckpointEvent with(CheckpointEvent event, CheckpointStatus status) {
        return CheckpointEvents.withStatus(event, status, Instant.now());
    }

    /** As {@code kiln checkpoints revoke} sends it, with a number behind the id, or retention. */
    private static CheckpointEvent ended(CheckpointEvent event, CheckpointStatus status) {
        CheckpointEvent ended = with(event, status);
        if (status == CheckpointStatus.REVOKED) {
            ended.put("eventId", ended.getEventId() + "-1");
        }
        return ended;
    }

    private List<CheckpointStatus> statuses() {
        return events(config).stream().map(CheckpointEvent::getStatus).toList();
    }

    @ParameterizedTest
    @EnumSource(names = {"REVOKED", "RETIRED"})
    void aVersionThatIsOverBeforeItsPromotionIsSentIsNotPromoted(CheckpointStatus over)
            throws Exception {
        CheckpointEvent first = passed();
        reads(ended(first, over));
        completes(1);
        assertThat(statuses()).containsExactly(CheckpointStatus.CANDIDATE);
        assertThat(decided(versions.next(1)).getVersion()).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"REVOKED", "RETIRED"})
    void aRestoredPromotionOfAVersionThatIsOverIsNotSent(CheckpointStatus over) throws Exception {
        CheckpointEvent first = passed();
        OperatorSubtaskState state = harness.snapshot(1, 0);
        CheckpointEvent end = ended(first, over);
        send(config.topics().checkpoints(), List.of(end));
        open(config, state);
        completes(2); // before the job has read the end
        reads(end);
        completes(3);
        assertThat(statuses()).containsExactly(CheckpointStatus.CANDIDATE, over);
        assertThat(decided(versions.next(1)).getVersion()).isNull();
    }

    @Test
    void aRestoredPromotionIsSentOnceAndIsReadBack() throws Exception {
        CheckpointEvent first = passed();
        OperatorSubtaskState state = completes(1);
        open(config, state);
        harness.notifyOfCompletedCheckpoint(2);
        reads(events(config).get(1));
        assertThat(statuses())
                .containsExactly(CheckpointStatus.CANDIDATE, CheckpointStatus.PROMOTED);
        assertThat(decided(versions.next(1)).getVersion()).isEqualTo(1);
    }

    @Test
    void aRestoredPromotionWaitsUntilTheStoreCanBeRead() throws Exception {
        CheckpointEvent first = passed();
        open(config, harness.snapshot(1, 0));
        UnreadableFolder store = UnreadableFolder.of(first);
        completes(2);
        assertThat(statuses()).containsExactly(CheckpointStatus.CANDIDATE);
        store.restore();
        completes(3);
        completes(4);
        assertThat(statuses())
                .containsExactly(CheckpointStatus.CANDIDATE, CheckpointStatus.PROMOTED);
    }

    @Test
    void aPromotionThatWaitedTooLongTakesNobodyBackToAnOlderVersion() throws Exception {
        CheckpointEvent first = passed();
        open(config, harness.snapshot(1, 0));
        UnreadableFolder store = UnreadableFolder.of(first);
        completes(2);
        CheckpointEvent second = versions.next(1);
        send(
                config.topics().checkpoints(),
                List.of(
                        CheckpointEvents.withStatus(
                                second, CheckpointStatus.PROMOTED, Instant.EPOCH)));
        store.restore();
        completes(3);
        assertThat(statuses())
                .containsExactly(CheckpointStatus.CANDIDATE, CheckpointStatus.PROMOTED);
    }

    @Test
    void aPromotionThatIsReadWhileTheStoreCannotBeReadIsNotRevoked() throws Exception {
        CheckpointEvent first = passed();
        OperatorSubtaskState state = completes(1);
        CheckpointEvent promoted = events(config).get(1);
        UnreadableFolder store = UnreadableFolder.of(first);
        assertThatThrownBy(() -> reads(promoted)).isInstanceOf(FileSystemException.class);
        store.restore();
        open(config, state);
        EvaluationRuns.delete(first, FileRole.ENCODER);
        reads(promoted);
        assertThat(statuses())
                .as("once the store says that a file is gone")
                .containsExactly(
                        CheckpointStatus.CANDIDATE,
                        CheckpointStatus.PROMOTED,
                        CheckpointStatus.REVOKED);
    }

    /** A savepoint of before it, in which the version waits. */
    @Test
    void aVersionThatIsEvaluatedIsNotEvaluatedAgainWithAnOlderState() throws Exception {
        open(config, null);
        CheckpointEvent first = versions.next(1);
        send(config.topics().checkpoints(), List.of(first));
        harness.processElement2(
                EvaluationRuns.record(config.topics().holdout(), 0, TestImages.one(0)));
        reads(first);
        OperatorSubtaskState state = harness.snapshot(1, 0);
        send(config.topics().evaluations(), List.of(EvaluationRuns.passed(first)));
        open(config, state);
        reads(first);
        waits();
        assertThat(harness.extractOutputValues()).isEmpty();
        completes(2);
        assertThat(statuses())
                .as("the promotion that belongs to it")
                .containsExactly(CheckpointStatus.CANDIDATE, CheckpointStatus.PROMOTED);
        assertThat(decided(versions.next(1))).isNotNull();
    }

    /** The two crossed: the version was revoked after the job looked and before it sent. */
    @Test
    void aPromotionBehindARevocationIsRevoked() throws Exception {
        CheckpointEvent first = passed();
        CheckpointEvent revoked = ended(first, CheckpointStatus.REVOKED);
        CheckpointEvent promoted = with(first, CheckpointStatus.PROMOTED);
        promoted.put("promotion", new Promotion(null, null, List.of(), null));
        send(config.topics().checkpoints(), List.of(revoked, promoted));
        reads(revoked);
        reads(promoted);
        assertThat(events(config))
                .last()
                .extracting(CheckpointEvent::getStatus, CheckpointEvent::getEventId)
                .containsExactly(
                        CheckpointStatus.REVOKED,
                        CheckpointEvents.id(first.getRunId(), 1, CheckpointStatus.REVOKED));
    }

    @Test
    void aMissingPromotionIsNotSentIfTheVersionIsRevokedOrNothingIsToBePromoted() throws Exception {
        CheckpointEvent first = versions.next(1);
        send(config.topics().checkpoints(), List.of(first));
        send(config.topics().evaluations(), List.of(EvaluationRuns.passed(first)));
        open(runs.run("off", topics()), null);
        completes(1);
        assertThat(statuses()).containsExactly(CheckpointStatus.CANDIDATE);

        CheckpointEvent revoked = ended(first, CheckpointStatus.REVOKED);
        send(config.topics().checkpoints(), List.of(revoked));
        open(config, null);
        completes(1);
        assertThat(statuses())
                .containsExactly(CheckpointStatus.CANDIDATE, CheckpointStatus.REVOKED);
    }

    /** As a run does that begins with another input on the same topic. */
    @Test
    void aVersionThatTakesOtherImagesIsPromotedByHandAndThoseAfterItAreComparedWithIt()
            throws Exception {
        CheckpointEvent first = passed();
        completes(1);
        reads(events(config).get(1));
        for (int i = 10; i < 40; i++) { // the others stay as they were
            harness.processElement2(
                    EvaluationRuns.record(config.topics().holdout(), 0, TestImages.wide(i)));
        }
        CheckpointEvent wide = wide();
        GateDecision decision = evaluated(wide);
        assertThat(decision.getPassed()).isFalse();
        assertThat(decision.getReasons())
                .singleElement()
                .asString()
                .contains(
                        "version 1 of run " + first.getRunId() + ", which takes other images",
                        "promote it with kiln checkpoints promote");
        assertThat(decision.getVersion()).isEqualTo(1);
        assertThat(decision.getLoss()).isNull();
        assertThat(decision.getEffectiveRank()).isNull();

        reads(with(wide, CheckpointStatus.PROMOTED));
        GateDecision next = evaluated(wide());
        assertThat(next.getVersion()).isEqualTo(2);
        assertThat(next.getLoss()).isNotNull();
        assertThat(next.getEffectiveRank()).isNotNull();
    }

    /** The next version, as of a run whose images are wider. */
    private CheckpointEvent wide() throws Exception {
        CheckpointEvent event = versions.next(1);
        event.getInput().put("width", 96);
        return event;
    }

    /** The settings that make another job one of the same run. */
    private String[] topics() {
        return new String[] {
            "topics.checkpoints=" + config.topics().checkpoints(),
            "topics.evaluations=" + config.topics().evaluations(),
            "training.runId=" + config.training().runId()
        };
    }

    @Test
    void aJobThatIsKilledBeforeItHasReadOldVersionsEvaluatesThemNoMore() throws Exception {
        CheckpointEvent first = versions.next(1);
        send(config.topics().evaluations(), List.of(EvaluationRuns.passed(first)));
        open(config, null);
        OperatorSubtaskState state = harness.snapshot(1, 0);
        open(config, state);
        open(config, harness.snapshot(2, 0)); // and killed once more
        harness.processElement2(
                EvaluationRuns.record(config.topics().holdout(), 0, TestImages.one(1)));
        reads(first);
        waits();
        assertThat(harness.extractOutputValues()).isEmpty();
        assertThat(decided(versions.next(1))).isNotNull();
    }
}
