package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.Reconstruction;
import io.kiln.model.batch.SiteTables;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.WeightFileException;
import io.kiln.model.weights.WeightNames;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainerTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 64, 3, 32);
    private static final int IMAGES = 4;
    private static final int KEEP = 2;

    private static Trainer trainer(Family family) {
        return new Trainer(
                TestBatches.settings(
                        TestBatches.architecture(family), GEOMETRY, Precision.FP32, 0.01));
    }

    private static MaskedBatch batch(long seed) {
        return TestBatches.bytes(GEOMETRY, IMAGES, KEEP, seed);
    }

    private static byte[] saved(Trainer trainer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        trainer.save(out);
        return out.toByteArray();
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void equalBatchesGiveEqualWeightsBitForBitSavedInBetweenOrNot(Family family)
            throws IOException {
        try (Trainer whole = trainer(family);
                Trainer first = trainer(family);
                Trainer second = trainer(family)) {
            for (int i = 0; i < 6; i++) {
                whole.step(batch(i));
            }
            for (int i = 0; i < 3; i++) {
                first.step(batch(i));
            }
            second.load(new ByteArrayInputStream(saved(first)));
            for (int i = 3; i < 6; i++) {
                second.step(batch(i));
            }
            assertThat(second.step()).isEqualTo(6);
            assertThat(second.samplesSeen()).isEqualTo(6L * IMAGES);
            assertThat(saved(second)).isEqualTo(saved(whole));
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void snapshotStaysAsItWasWhileTrainingGoesOnAndTheTrainerIsClosed(Family family)
            throws IOException {
        byte[] before;
        TrainerSnapshot snapshot;
        try (Trainer trainer = trainer(family)) {
            trainer.step(batch(0));
            before = saved(trainer);
            snapshot = trainer.snapshot();
            trainer.step(batch(1));
            assertThat(saved(trainer)).isNotEqualTo(before);
        }
        try (snapshot) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            snapshot.write(out);
            assertThat(out.toByteArray()).isEqualTo(before);
            assertThat(snapshot.bytes()).isBetween(before.length * 9L / 10, (long) before.length);
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void tablesOfTheLastStepMadeAheadOnAnotherThreadAreAllThatTheNextNeedsAndChangeNothing(
            Family family) throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (Trainer plain = trainer(family);
                Trainer ahead = trainer(family)) {
            Set<SiteTables.Key> needed = Set.of();
            for (int i = 0; i < 4; i++) {
                plain.step(batch(i));
                MaskedBatch next = batch(i);
                SiteTables tables = next.grid().tables();
                Set<SiteTables.Key> keys = needed;
                other.submit(() -> tables.make(keys)).get();
                assertThat(tables.made()).isEqualTo(needed);
                ahead.step(next);
                if (i > 0) {
                    assertThat(tables.made()).isEqualTo(needed);
                }
                needed = tables.made();
                assertThat(needed).isNotEmpty();
            }
            assertThat(saved(ahead)).isEqualTo(saved(plain));
        } finally {
            other.shutdownNow();
        }
    }

    @Test
    void lossFallsOnASingleBatch() {
        try (Trainer trainer =
                new Trainer(
                        TestBatches.settings(
                                TestBatches.architecture(Family.RESNET_BOTTLENECK),
                                GEOMETRY,
                                Precision.FP32,
                                0.05))) {
            MaskedBatch smooth = gradientPictures();
            double before = trainer.step(smooth).loss();
            double after = before;
            for (int i = 0; i < 100; i++) {
                after = trainer.step(smooth).loss();
            }
            assertThat(after).isLessThan(0.7 * before);
        }
    }

    /** Every patch a ramp from dark to light: something that can be learnt. */
    private static MaskedBatch gradientPictures() {
        MaskedBatch noise = batch(1);
        for (ByteBuffer bytes : new ByteBuffer[] {noise.visiblePatches(), noise.maskedPatches()}) {
            for (int i = 0; i < bytes.remaining(); i++) {
                bytes.put(i, (byte) (i / 3 % 32 * 8));
            }
        }
        return noise;
    }

    @Test
    void stepThatIsNotFiniteChangesNothing() throws IOException {
        try (Trainer trainer = trainer(Family.RESNET_BASIC)) {
            trainer.step(batch(0));
            byte[] before = saved(trainer);
            NormalisedBatch endless = TestBatches.normal(GEOMETRY, IMAGES, KEEP, 1);
            endless.masked()[5] = Double.POSITIVE_INFINITY;
            StepResult result = trainer.step(endless);
            assertThat(result.skipped()).isTrue();
            assertThat(result.loss()).isNaN();
            assertThat(result.step()).isEqualTo(1);
            assertThat(saved(trainer)).isEqualTo(before);
        }
    }

    @Test
    void stateThatIsNotFiniteIsFound() throws IOException {
        try (Trainer trainer = trainer(Family.RESNET_BASIC)) {
            trainer.step(batch(0));
            assertThat(trainer.notFinite()).isEmpty();
            RunningStatistics first = trainer.model().weights().statistics().iterator().next();
            NDArray variance = first.variance();
            double[] values = NetworkTensors.doubles(variance);
            values[1] = Double.POSITIVE_INFINITY;
            NetworkTensors.set(variance, values);
            assertThat(trainer.notFinite()).containsExactly(first.name() + ".running_var");
        }
    }

    @Test
    void batchWithOneSiteInAllIsSkippedWhereBatchStatisticsAreNeeded() throws IOException {
        InputGeometry geometry = new InputGeometry(64, 32, 3, 32);
        MaskedBatch single = TestBatches.bytes(geometry, 1, 1, 0);
        TrainerSettings resnet =
                TestBatches.settings(
                        TestBatches.architecture(Family.RESNET_BASIC),
                        geometry,
                        Precision.FP32,
                        0.01);
        try (Trainer trainer = new Trainer(resnet)) {
            byte[] before = saved(trainer);
            assertThat(trainer.step(single).skipped()).isTrue();
            assertThat(saved(trainer)).isEqualTo(before);
        }
    }

    @Test
    void reconstructionShowsTheInputWhereItIsVisibleAndChangesNothing() throws IOException {
        try (Trainer trainer = trainer(Family.CONVNEXT)) {
            MaskedBatch batch = batch(3);
            byte[] before = saved(trainer);
            Reconstruction drawn = trainer.reconstruct(batch);
            assertThat(saved(trainer)).isEqualTo(before);
            assertThat(drawn.input()).hasSize(IMAGES * 64 * 64 * 3);
            PatchGrid grid = batch.grid();
            for (int cell : grid.activePatches()) {
                int pixel = (cell / 2 * 32 * 64 + cell % 2 * 32) * 3;
                assertThat(drawn.reconstructed()[pixel]).isEqualTo(drawn.input()[pixel]);
                assertThat(drawn.masked()[pixel]).isEqualTo(drawn.input()[pixel]);
            }
            assertThat(Arrays.equals(drawn.reconstructed(), drawn.input())).isFalse();
        }
    }

    /** 257 times a byte is the same share of 65,535 as the byte is of 255. */
    @Test
    void sixteenBitsAreTrainedOnAsTheSameValuesInEightAre() {
        MaskedBatch bytes = batch(3);
        MaskedBatch wide =
                new MaskedBatch(
                        bytes.grid(),
                        2,
                        doubled(bytes.visiblePatches()),
                        doubled(bytes.maskedPatches()));
        try (Trainer narrow = trainer(Family.RESNET_BASIC);
                Trainer other = trainer(Family.RESNET_BASIC)) {
            Reconstruction drawn = other.reconstruct(wide);
            byte[] upper = narrow.reconstruct(bytes).reconstructed();
            assertThat(drawn.reconstructed()).hasSize(2 * upper.length);
            for (int i = 0; i < upper.length; i++) {
                int value =
                        drawn.reconstructed()[2 * i] & 0xFF
                                | (drawn.reconstructed()[2 * i + 1] & 0xFF) << 8;
                assertThat(value / 257.0).isCloseTo(upper[i] & 0xFF, within(0.51));
            }
            assertThat(drawn.masked()[1]).isEqualTo(drawn.masked()[0]);
            assertThat(other.step(wide).loss()).isCloseTo(narrow.step(bytes).loss(), within(1e-4));
        }
    }

    /** The two bytes of 257 times a byte. */
    private static ByteBuffer doubled(ByteBuffer bytes) {
        ByteBuffer doubled = ByteBuffer.allocate(2 * bytes.remaining());
        for (int i = 0; i < bytes.remaining(); i++) {
            doubled.put(bytes.get(i)).put(bytes.get(i));
        }
        return doubled.flip();
    }

    @Test
    void twoTrainersInOneProcessDoNotDisturbEachOther() throws IOException {
        try (Trainer alone = trainer(Family.CONVNEXT);
                Trainer one = trainer(Family.CONVNEXT);
                Trainer other = trainer(Family.RESNET_BASIC)) {
            for (int i = 0; i < 3; i++) {
                alone.step(batch(i));
            }
            for (int i = 0; i < 3; i++) {
                one.step(batch(i));
                other.step(batch(10 + i));
            }
            assertThat(saved(one)).isEqualTo(saved(alone));
        }
    }

    @Test
    void stateOfAnotherNetworkIsRefusedAndLeavesTheTrainerAsItWas() throws IOException {
        try (Trainer resnet = trainer(Family.RESNET_BASIC);
                Trainer convnext = trainer(Family.CONVNEXT)) {
            byte[] before = saved(resnet);
            byte[] foreign = saved(convnext);
            assertThatThrownBy(() -> resnet.load(new ByteArrayInputStream(foreign)))
                    .isInstanceOf(WeightFileException.class)
                    .hasMessageContaining("its architecture is")
                    .hasMessageContaining("CONVNEXT");
            assertThatThrownBy(
                            () -> resnet.load(new ByteArrayInputStream(Arrays.copyOf(before, 100))))
                    .isInstanceOf(WeightFileException.class);
            assertThat(saved(resnet)).isEqualTo(before);
        }
    }

    @Test
    void orderOfTensorsInAStateDoesNotMatter(@TempDir Path folder) throws IOException {
        try (Trainer trained = trainer(Family.RESNET_BASIC);
                Trainer restored = trainer(Family.RESNET_BASIC)) {
            trained.step(batch(1));
            restored.load(new ByteArrayInputStream(reversed(saved(trained), folder)));
            assertThat(saved(restored)).isEqualTo(saved(trained));
        }
    }

    private static byte[] reversed(byte[] state, Path folder) throws IOException {
        Path path = Files.write(folder.resolve("state.safetensors"), state);
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            List<TensorHeader> tensors = new ArrayList<>(file.tensors());
            Collections.reverse(tensors);
            SafeTensorsWriter writer = new SafeTensorsWriter();
            for (TensorHeader tensor : tensors) {
                ByteBuffer values = file.data(tensor.name());
                writer.add(tensor.name(), tensor.type(), tensor.shape(), values::duplicate);
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            writer.write(out, file.metadata());
            return out.toByteArray();
        }
    }

    @Test
    void exportedEncoderHoldsTimmsNamesAndIsTheSameForEqualRuns() throws IOException {
        try (Trainer one = trainer(Family.CONVNEXT);
                Trainer other = trainer(Family.CONVNEXT)) {
            one.step(batch(0));
            other.step(batch(0));
            ByteArrayOutputStream first = new ByteArrayOutputStream();
            ByteArrayOutputStream second = new ByteArrayOutputStream();
            EncoderExport.write(first, one.model(), WeightNames.TIMM, Map.of("step", "1"));
            EncoderExport.write(second, other.model(), WeightNames.TIMM, Map.of("step", "1"));
            assertThat(first.toByteArray()).isEqualTo(second.toByteArray());
            assertThat(first.toString(java.nio.charset.StandardCharsets.ISO_8859_1))
                    .contains(
                            "\"stem.0.weight\"",
                            "\"stages.1.downsample.1.weight\"",
                            "\"stages.1.blocks.1.mlp.fc1.bias\"")
                    .doesNotContain("dense_decoder", "dwconv");
        }
    }

    @Test
    void lambIsTheFormula() {
        double rate = 0.01;
        try (Trainer trainer =
                new Trainer(
                        TestBatches.settings(
                                TestBatches.architecture(Family.CONVNEXT),
                                GEOMETRY,
                                Precision.FP64,
                                rate))) {
            LambFormula formula = new LambFormula(trainer, 0.9, 0.95, 1e-6, 5, rate, 0.04);
            for (int i = 0; i < 3; i++) {
                formula.stepBoth(TestBatches.normal(GEOMETRY, IMAGES, KEEP, i));
                assertThat(formula.largestDifference()).isCloseTo(0, within(1e-12));
            }
        }
    }
}
