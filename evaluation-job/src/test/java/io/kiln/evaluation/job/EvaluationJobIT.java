package io.kiln.evaluation.job;

import static io.kiln.evaluation.job.EvaluationRuns.announced;
import static io.kiln.evaluation.job.EvaluationRuns.delete;
import static io.kiln.evaluation.job.EvaluationRuns.evaluations;
import static io.kiln.evaluation.job.EvaluationRuns.hold;
import static io.kiln.evaluation.job.EvaluationRuns.records;
import static io.kiln.evaluation.job.EvaluationRuns.send;
import static io.kiln.evaluation.job.EvaluationRuns.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.TestImages;
import io.kiln.evaluation.probe.TestPictures;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.DriftAlarm;
import io.kiln.schemas.EraFigures;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.ProbeGroup;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SetFigures;
import io.kiln.schemas.SparseBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole job on a mini cluster, with a real broker, a real registry and real versions. */
@Timeout(300)
class EvaluationJobIT {
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
    void eachVersionHasOneEvaluationWhereverTheJobIsKilledAndBeginsAnew() throws Exception {
        KilnConfig config = runs.run("each");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 30);
            JobID first = runs.submit(config);
            Evaluation untrained = announced(config, versions.next(1));
            hold(config, 30, 40);
            Evaluation trained = announced(config, versions.next(60));
            requireSound(untrained, 24, 16);
            requireSound(trained, 24, 16);
            assertThat(trained.getAnchors().getLoss()).isLessThan(untrained.getAnchors().getLoss());
            assertThat(trained.getRecent().getLoss()).isLessThan(untrained.getRecent().getLoss());
            assertThat(trained.getRecent().getImagesId())
                    .isNotEqualTo(untrained.getRecent().getImagesId());

            // killed while it evaluates the next
            send(config.topics().checkpoints(), List.of(versions.next(5)));
            runs.cluster().terminateTaskManager(0).get();
            runs.cluster().startTaskManager();
            announced(config, versions.next(5));
            runs.cluster().cancelJob(first).get();
            runs.cluster().requestJobResult(first).get();
            List<String> before = values(config);

            runs.submit(config); // without state
            announced(config, versions.next(5));
            assertThat(values(config).subList(0, before.size())).isEqualTo(before);
            List<Evaluation> all = evaluations(config);
            assertThat(all)
                    .extracting(Evaluation::getVersion)
                    .doesNotHaveDuplicates()
                    .startsWith(1L, 2L)
                    .endsWith(4L, 5L);
            List<Long> skipped =
                    all.stream().flatMap(e -> e.getSkippedVersions().stream()).toList();
            assertThat(all.size() + skipped.size()).isEqualTo(5);
            assertThat(records(config).get(0).key())
                    .isEqualTo(
                            ("tiny/" + config.training().runId() + "/1")
                                    .getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Two jobs of two runs that hold the same: the records are equal but for the run's name. */
    @Test
    void evaluatingAgainWithTheSameImagesGivesTheSameBytes() throws Exception {
        Path pictures = TestPictures.write(directory.resolve("same"), 10, 0x101010, 0xd0d0d0);
        Path may = Files.createDirectories(pictures.resolve("d0d0d0/may"));
        Files.move(pictures.resolve("d0d0d0/0.png"), may.resolve("0.png"));
        KilnConfig config =
                runs.run("same", "evaluation.eraImages=1", "evaluation.probe=" + pictures);
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 40);
            CheckpointEvent event = versions.next(3);
            JobID job = runs.submit(config);
            announced(config, event);
            runs.cluster().cancelJob(job).get();
            runs.cluster().requestJobResult(job).get();
            KilnConfig again =
                    runs.run(
                            "again",
                            "training.runId=" + config.training().runId(),
                            "topics.holdout=" + config.topics().holdout(),
                            "evaluation.eraImages=1",
                            "evaluation.probe=" + pictures);
            runs.submit(again);
            announced(again, event);
            assertThat(values(again)).isEqualTo(values(config));
            // eras of one image, then of two, then of four, since at most 16 are kept
            List<EraFigures> eras = evaluations(again).get(0).getEras();
            assertThat(eras).extracting(EraFigures::getFirst).startsWith(1L, 5L).hasSize(10);
            assertThat(eras).extracting(EraFigures::getLast).startsWith(4L, 8L).endsWith(40L);
            assertThat(eras).extracting(EraFigures::getImages).containsOnly(4);
            assertThat(eras).allSatisfy(era -> assertThat(era.getLoss()).isBetween(0.0, 3.0));
            ProbeFigures probe = evaluations(again).get(0).getProbe();
            assertThat(probe.getPictures()).isEqualTo(20);
            assertThat(probe.getChance()).isEqualTo(0.5);
            assertThat(probe.getLinear()).isGreaterThan(0.9);
            assertThat(probe.getNearest()).isGreaterThan(0.9);
            assertThat(probe.getGroups())
                    .extracting(ProbeGroup::getName)
                    .containsExactly("", "may");
            assertThat(probe.getGroups())
                    .extracting(ProbeGroup::getPictures)
                    .containsExactly(19, 1);
            assertThat(probe.getGroups())
                    .allSatisfy(group -> assertThat(group.getLinear()).isGreaterThan(0.9));
        }
    }

    @Test
    void aCollapsedEncoderHasRankOneAndABlackCameraIsTold() throws Exception {
        KilnConfig config =
                runs.run("collapsed", "evaluation.drift.reference=32", "evaluation.drift.window=8");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 40);
            runs.submit(config);
            Evaluation sound = announced(config, versions.next(20));
            versions.collapse();
            Evaluation collapsed = announced(config, versions.next(0));
            List<SparseBatch> black = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                black.add(TestImages.of("black " + i, (y, x, channel) -> (byte) 0));
            }
            send(config.topics().holdout(), black);
            Evaluation later = announced(config, versions.next(0));
            assertThat(sound.getDrift().getStatistics()).hasSize(6);
            assertThat(collapsed.getDrift().getAlarms()).isZero();
            while (later.getDrift().getImages() < 64) { // they may come behind the version
                later = announced(config, versions.next(0));
            }
            List<DriftAlarm> raised =
                    evaluations(config).stream()
                            .flatMap(one -> one.getDrift().getRaised().stream())
                            .toList();
            assertThat(raised).as("%s", later.getDrift()).isNotEmpty();
            assertThat(raised.get(0).getImage()).isBetween(41L, 56L);
            assertThat(later.getDrift().getFrechet()).isCloseTo(0, within(1e-6));
            assertThat(sound.getAnchors().getEffectiveRank()).isGreaterThan(1.5);
            assertThat(sound.getAnchors().getDeadChannels()).isLessThan(0.5);
            assertThat(collapsed.getProblems()).isEmpty();
            assertThat(collapsed.getAnchors().getEffectiveRank()).isCloseTo(1, within(0.01));
            assertThat(collapsed.getAnchors().getSpread()).isCloseTo(0, within(1e-4));
            assertThat(collapsed.getAnchors().getDeadChannels()).isEqualTo(1);
            assertThat(collapsed.getAnchors().getAlignment()).isCloseTo(0, within(1e-6));
        }
    }

    @Test
    void versionsThatAreGoneOrDoNotFitHaveARecordThatSaysSoAndTheJobGoesOn() throws Exception {
        KilnConfig config = runs.run("gone");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 40);
            runs.submit(config);
            CheckpointEvent first = versions.next(1);
            delete(first, FileRole.TRAINING_STATE);
            Evaluation withoutLoss = announced(config, first);
            assertThat(withoutLoss.getProblems())
                    .singleElement()
                    .asString()
                    .contains("no holdout loss: ", "training-state.safetensors does not exist");
            assertThat(withoutLoss.getAnchors().getLoss()).isNull();
            assertThat(withoutLoss.getAnchors().getEffectiveRank()).isNotNull();

            CheckpointEvent second = versions.next(1);
            second.put("architecture", "{}");
            delete(second, FileRole.ENCODER);
            Evaluation without = announced(config, second);
            assertThat(without.getProblems()).hasSize(2);
            assertThat(without.getFeatureSize()).isZero();

            send(config.topics().checkpoints(), List.of(TestImages.one(1))); // no event
            CheckpointEvent third = versions.next(1);
            third.getInput().put("width", 96);
            assertThat(announced(config, third).getProblems())
                    .singleElement()
                    .asString()
                    .contains("no held-out image has the version's input, 64 x 96 pixels");
            requireSound(announced(config, versions.next(1)), 24, 16);
        }
    }

    @Test
    void aVersionThatWaitedForTheJobIsEvaluatedOnAllImagesThatDidToo() throws Exception {
        KilnConfig config = runs.run("backlog");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 300);
            send(config.topics().checkpoints(), List.of(versions.next(1)));
            runs.submit(config);
            await().atMost(EvaluationRuns.PATIENCE).until(() -> !evaluations(config).isEmpty());
            Evaluation evaluation = evaluations(config).get(0);
            requireSound(evaluation, 24, 16);
            assertThat(evaluation.getDrift().getImages()).isEqualTo(300);
        }
    }

    /** As in a run that begins on the same topic with another input. */
    @Test
    void anchorsThatComeAgainInAnotherSizeAreAnchorsOfThatSize() throws Exception {
        KilnConfig config = runs.run("wide");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 40);
            send(
                    config.topics().holdout(),
                    IntStream.range(0, 40).mapToObj(TestImages::wide).toList());
            runs.submit(config);
            CheckpointEvent event = versions.next(1);
            event.getInput().put("width", 96);
            requireSound(announced(config, event), 24, 16);
        }
    }

    @Test
    void imagesThatNoMaskingJobWroteArePassedOver() throws Exception {
        KilnConfig config = runs.run("foreign", "evaluation.drift.reference=32");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            SparseBatch half = TestImages.one(100);
            half.put("sampleType", SampleType.UINT16); // with one byte a sample
            SparseBatch small = TestImages.one(101);
            small.put("geometry", new Geometry(1, 2, 3, 1, 1, 2));
            small.put("coordinates", ByteBuffer.allocate(3 * Integer.BYTES));
            small.put("visiblePatches", ByteBuffer.allocate(3));
            small.put("maskedPatches", ByteBuffer.allocate(3));
            send(config.topics().holdout(), List.of(half, small));
            hold(config, 0, 40);
            runs.submit(config);
            Evaluation evaluation = announced(config, versions.next(1));
            requireSound(evaluation, 24, 16);
            assertThat(evaluation.getDrift().getImages()).isEqualTo(40);
        }
    }

    @Test
    void aProbeThatCannotBeUsedEndsTheJobAndIsNamed() throws Exception {
        Path one = TestPictures.write(directory.resolve("one"), 10, 0x101010);
        JobID job = runs.submit(runs.run("one", "evaluation.probe=" + one));
        assertThat(runs.cluster().requestJobResult(job).get().getSerializedThrowable())
                .get()
                .extracting(e -> e.getFullStringifiedStackTrace())
                .asString()
                .contains("evaluation.probe: " + one + " has one folder in it");
    }

    private static void requireSound(Evaluation evaluation, int anchors, int recent) {
        assertThat(evaluation.getProblems()).isEmpty();
        assertThat(evaluation.getFeatureSize()).isEqualTo(32);
        assertThat(evaluation.getAnchors().getImages()).isEqualTo(anchors);
        assertThat(evaluation.getRecent().getImages()).isEqualTo(recent);
        for (SetFigures figures : List.of(evaluation.getAnchors(), evaluation.getRecent())) {
            assertThat(figures.getLoss()).isBetween(0.0, 3.0);
            assertThat(figures.getEffectiveRank()).isBetween(1.0, (double) figures.getImages());
            assertThat(figures.getSpread()).isBetween(0.0, 1.1);
            assertThat(figures.getDeadChannels()).isBetween(0.0, 1.0);
            assertThat(figures.getRunningLoss()).isGreaterThan(0).isNotEqualTo(figures.getLoss());
            assertThat(figures.getAlignment()).isBetween(1e-6, 2.0);
        }
    }
}
