package io.kiln.evaluation.job;

import static io.kiln.evaluation.job.EvaluationRuns.announced;
import static io.kiln.evaluation.job.EvaluationRuns.evaluations;
import static io.kiln.evaluation.job.EvaluationRuns.events;
import static io.kiln.evaluation.job.EvaluationRuns.hold;
import static io.kiln.evaluation.job.EvaluationRuns.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.kiln.checkpoints.Artifacts;
import io.kiln.config.KilnConfig;
import io.kiln.evaluation.probe.TestPictures;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.schemas.AdapterFile;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Compatibility;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.GateDecision;
import io.kiln.schemas.Promotion;
import io.kiln.schemas.Verdict;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.flink.api.common.JobID;
import org.apache.flink.events.Event;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Versions against the one promoted last: compatibility and the gate, in the whole job. */
@Timeout(300)
class PromotionIT {
    @TempDir static Path directory;

    private EvaluationRuns runs;

    @BeforeEach
    void start() throws Exception {
        runs = new EvaluationRuns(directory);
    }

    @AfterEach
    void stop() throws Exception {
        runs.close();
    }

    @Test
    void sameEncoderIsKeptARotatedOneAdaptedAndAnotherOneEmbedsAnew() throws Exception {
        KilnConfig config = runs.run("compatible", "evaluation.anchors=160");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 160);
            runs.submit(config);
            CheckpointEvent first = versions.next(20);
            assertThat(announced(config, first).getCompatibility()).isNull();
            send(
                    config.topics().checkpoints(),
                    List.of(
                            CheckpointEvents.withStatus(
                                    first, CheckpointStatus.PROMOTED, Instant.now())));

            Compatibility same = announced(config, versions.next(0)).getCompatibility();
            assertThat(same.getVerdict()).isEqualTo(Verdict.KEEP);
            assertThat(same.getVersion()).isEqualTo(1);
            assertThat(same.getImages()).isEqualTo(160);
            assertThat(same.getRecall()).isEqualTo(1);
            assertThat(same.getMeanShift()).isZero();

            versions.permute();
            Compatibility rotated = announced(config, versions.next(0)).getCompatibility();
            assertThat(rotated.getVerdict()).isEqualTo(Verdict.ADAPT);
            assertThat(rotated.getRecall()).isLessThan(0.9);
            assertThat(rotated.getAdaptedRecall()).isGreaterThan(0.95);
            assertThat(rotated.getResidual()).isCloseTo(0, within(0.01));
            requireAdapter(rotated.getAdapter(), 3);

            versions.replace(4);
            Compatibility other = announced(config, versions.next(0)).getCompatibility();
            assertThat(other.getVerdict()).isEqualTo(Verdict.RE_EMBED);
            assertThat(other.getAdaptedRecall()).isLessThan(0.8);
            assertThat(other.getAdapter()).isNull();
            assertThat(evaluations(config))
                    .allSatisfy(one -> assertThat(one.getGate()).isNull())
                    .allSatisfy(one -> assertThat(one.getProblems()).isEmpty());
        }
    }

    private static void requireAdapter(AdapterFile adapter, long to) throws Exception {
        CheckpointFile file =
                new CheckpointFile(
                        FileRole.ADAPTER,
                        adapter.getUri(),
                        "safetensors",
                        adapter.getBytes(),
                        adapter.getSha256());
        Path copy = Artifacts.fetch(file, directory.resolve("copy.safetensors"));
        try (SafeTensorsFile tensors = SafeTensorsFile.open(copy)) {
            assertThat(tensors.metadata())
                    .containsEntry("from", "1")
                    .containsEntry("to", Long.toString(to));
            assertThat(tensors.doubles("rotation")).hasSize(32 * 32);
        }
    }

    @Test
    void versionsThatAreNotWorseArePromotedOnceWhereverTheJobIsKilled() throws Exception {
        Path pictures = TestPictures.write(directory.resolve("gate"), 10, 0x101010, 0xd0d0d0);
        KilnConfig config =
                runs.run(
                        "gate",
                        "evaluation.promote=when-not-worse",
                        "evaluation.margins.rank=0.8",
                        "evaluation.margins.probe=0.3",
                        "evaluation.probe=" + pictures);
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 40);
            JobID job = runs.submit(config);
            assertThat(announced(config, versions.next(1)).getGate().getPassed()).isTrue();
            runs.cluster().terminateTaskManager(0).get();
            runs.cluster().startTaskManager();
            Promotion first = promotion(config, 1);
            assertThat(first.getBeforeVersion()).isNull();

            Evaluation second = announced(config, versions.next(40));
            assertThat(second.getGate().getReasons()).isEmpty();
            Promotion promotion = promotion(config, 2);
            assertThat(promotion.getBeforeVersion()).isEqualTo(1);
            assertThat(promotion.getFigures())
                    .extracting(figure -> figure.getName())
                    .containsExactly("holdoutLoss", "effectiveRank", "probe");
            assertThat(promotion.getFigures().get(0).getValue())
                    .isEqualTo(second.getAnchors().getLoss())
                    .isLessThan(promotion.getFigures().get(0).getBefore());
            assertThat(promotion.getVerdict())
                    .isEqualTo(second.getCompatibility().getVerdict().name());

            versions.collapse();
            GateDecision collapsed = announced(config, versions.next(0)).getGate();
            assertThat(collapsed.getPassed()).isFalse();
            assertThat(collapsed.getVersion()).isEqualTo(2);
            assertThat(String.join("; ", collapsed.getReasons()))
                    .contains("effective rank", "the same for all anchors");

            runs.cluster().cancelJob(job).get();
            runs.cluster().requestJobResult(job).get();
            runs.submit(config); // without state
            CheckpointEvent revoked = versions.next(0);
            send(
                    config.topics().checkpoints(),
                    List.of(
                            revoked,
                            CheckpointEvents.withStatus(
                                    revoked, CheckpointStatus.REVOKED, Instant.now())));
            await().atMost(EvaluationRuns.PATIENCE).until(() -> evaluations(config).size() == 4);
            assertThat(evaluations(config).get(3).getGate().getReasons())
                    .contains("it has been revoked or retired");
            assertThat(events(config))
                    .filteredOn(event -> event.getStatus() == CheckpointStatus.PROMOTED)
                    .extracting(CheckpointEvent::getVersion)
                    .containsExactly(1L, 2L);
            List<Event> told = ReportedEvents.of(job);
            assertThat(told)
                    .filteredOn(event -> event.getName().equals("VersionPromoted"))
                    .extracting(event -> event.getAttributes().get("version"))
                    .as("a kill may come between a promotion and the event that tells of it")
                    .endsWith(2L)
                    .isSubsetOf(1L, 2L);
            assertThat(told)
                    .filteredOn(event -> event.getName().equals("VersionRefused"))
                    .first()
                    .satisfies(
                            event -> {
                                assertThat(event.getSeverity()).isEqualTo("WARN");
                                assertThat(event.getAttributes()).containsEntry("version", 3L);
                                assertThat(event.getBody()).contains("the same for all anchors");
                            });
        }
    }

    /** As after a kill between the evaluation and its promotion, with the state lost. */
    @Test
    void aPromotionThatIsMissingIsSentAndOneWithoutItsFilesIsRevoked() throws Exception {
        KilnConfig config = runs.run("owed", "evaluation.promote=when-not-worse");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            CheckpointEvent first = versions.next(1);
            send(config.topics().checkpoints(), List.of(first));
            send(config.topics().evaluations(), List.of(EvaluationRuns.passed(first)));
            runs.submit(config);
            assertThat(promotion(config, 1).getFigures().get(0).getValue()).isEqualTo(0.9);

            CheckpointEvent second = versions.next(1);
            EvaluationRuns.delete(second, FileRole.ENCODER);
            CheckpointEvent promoted =
                    CheckpointEvents.withStatus(second, CheckpointStatus.PROMOTED, Instant.now());
            promoted.put("promotion", new Promotion(null, null, List.of(), null));
            send(config.topics().checkpoints(), List.of(second, promoted));
            assertThat(revocation(config).getVersion()).isEqualTo(2);
        }
    }

    @Test
    void aMissingPromotionOfAVersionWithoutItsFilesIsNotSentAndTheVersionIsRevoked()
            throws Exception {
        KilnConfig config = runs.run("lost", "evaluation.promote=when-not-worse");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            CheckpointEvent first = versions.next(1);
            EvaluationRuns.delete(first, FileRole.ENCODER);
            send(config.topics().checkpoints(), List.of(first));
            send(config.topics().evaluations(), List.of(EvaluationRuns.passed(first)));
            runs.submit(config);
            assertThat(revocation(config).getVersion()).isEqualTo(1);
            assertThat(events(config))
                    .extracting(CheckpointEvent::getStatus)
                    .containsExactly(CheckpointStatus.CANDIDATE, CheckpointStatus.REVOKED);
        }
    }

    /** The last event, once a version is revoked. */
    private static CheckpointEvent revocation(KilnConfig config) {
        await().atMost(EvaluationRuns.PATIENCE)
                .until(
                        () ->
                                events(config).stream()
                                        .anyMatch(
                                                event ->
                                                        event.getStatus()
                                                                == CheckpointStatus.REVOKED));
        List<CheckpointEvent> all = events(config);
        assertThat(all).last().extracting(CheckpointEvent::getPromotion).isNull();
        return all.get(all.size() - 1);
    }

    /** What the one event that promotes a version says, once it is there. */
    private static Promotion promotion(KilnConfig config, long version) {
        await().atMost(EvaluationRuns.PATIENCE)
                .until(() -> events(config).stream().anyMatch(event -> promotes(event, version)));
        List<CheckpointEvent> found =
                events(config).stream().filter(event -> promotes(event, version)).toList();
        assertThat(found).hasSize(1);
        assertThat(found.get(0).getEventId())
                .isEqualTo(
                        CheckpointEvents.id(
                                config.training().runId(), version, CheckpointStatus.PROMOTED));
        return found.get(0).getPromotion();
    }

    private static boolean promotes(CheckpointEvent event, long version) {
        return event.getVersion() == version && event.getStatus() == CheckpointStatus.PROMOTED;
    }
}
