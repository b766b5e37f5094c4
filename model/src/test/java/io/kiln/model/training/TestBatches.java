package io.kiln.model.training;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Batches of noise, a function of their seed. */
public final class TestBatches {
    private TestBatches() {}

    /** A tiny network of a family. */
    public static Architecture architecture(Family family) {
        return new Architecture(
                family, List.of(1, 2, 1, 1), List.of(8, 12, 16, 24), 6, 0.1, 0, 32, 3);
    }

    /** Coordinates of a random mask. */
    public static int[] coordinates(InputGeometry geometry, int images, int keep, Random random) {
        int[] coordinates = new int[images * keep * 3];
        int i = 0;
        for (int image = 0; image < images; image++) {
            List<Integer> cells = new ArrayList<>();
            for (int cell = 0; cell < geometry.patches(); cell++) {
                cells.add(cell);
            }
            Collections.shuffle(cells, random);
            for (int cell : cells.subList(0, keep).stream().sorted().toList()) {
                coordinates[i++] = image;
                coordinates[i++] = cell / geometry.gridWidth();
                coordinates[i++] = cell % geometry.gridWidth();
            }
        }
        return coordinates;
    }

    /** A batch of bytes. */
    public static MaskedBatch bytes(InputGeometry geometry, int images, int keep, long seed) {
        Random random = new Random(seed);
        int[] coordinates = coordinates(geometry, images, keep, random);
        byte[] visible = new byte[images * keep * geometry.patchValues()];
        byte[] masked = new byte[images * (geometry.patches() - keep) * geometry.patchValues()];
        random.nextBytes(visible);
        random.nextBytes(masked);
        return new MaskedBatch(
                PatchGrid.of(geometry, images, coordinates),
                ByteBuffer.wrap(visible),
                ByteBuffer.wrap(masked));
    }

    /** A batch of normal values. */
    public static NormalisedBatch normal(InputGeometry geometry, int images, int keep, long seed) {
        Random random = new Random(seed);
        int[] coordinates = coordinates(geometry, images, keep, random);
        double[] visible = new double[images * keep * geometry.patchValues()];
        double[] masked = new double[images * (geometry.patches() - keep) * geometry.patchValues()];
        java.util.Arrays.setAll(visible, i -> random.nextGaussian());
        java.util.Arrays.setAll(masked, i -> random.nextGaussian());
        return new NormalisedBatch(PatchGrid.of(geometry, images, coordinates), visible, masked);
    }

    /** Settings of a trainer that learns at a constant rate. */
    public static TrainerSettings settings(
            Architecture architecture, InputGeometry geometry, Precision precision, double rate) {
        return new TrainerSettings(
                architecture,
                geometry,
                Normalisation.IMAGENET,
                new OptimiserSettings(0.9, 0.95, 1e-6, 5),
                new WarmupStableDecay(rate, 0, 0, 0, 0.04, 0.04),
                precision,
                "cpu",
                Kernels.FAST,
                7);
    }

    /** The same with another seed. */
    static TrainerSettings withSeed(TrainerSettings s, long seed) {
        return new TrainerSettings(
                s.architecture(),
                s.geometry(),
                s.normalisation(),
                s.optimiser(),
                s.schedule(),
                s.precision(),
                s.device(),
                s.kernels(),
                seed);
    }

    /** The same with another schedule. */
    static TrainerSettings withSchedule(TrainerSettings s, Schedule schedule) {
        return new TrainerSettings(
                s.architecture(),
                s.geometry(),
                s.normalisation(),
                s.optimiser(),
                schedule,
                s.precision(),
                s.device(),
                s.kernels(),
                s.seed());
    }

    /** The file of a small encoder after a step. */
    public static Path exportedEncoder(Path directory, Family family, InputGeometry geometry)
            throws IOException {
        Architecture architecture = architecture(family);
        Path file = directory.resolve("encoder.safetensors");
        try (Trainer trainer = new Trainer(settings(architecture, geometry, Precision.FP32, 0.01));
                OutputStream out = Files.newOutputStream(file)) {
            trainer.step(bytes(geometry, 4, 3, 0));
            EncoderExport.write(
                    out,
                    trainer.model(),
                    WeightNames.TIMM,
                    Map.of("architecture", architecture.toJson()));
        }
        return file;
    }

    /** Writes a whole network under the SparK code's names. */
    public static void writeNetwork(OutputStream out, SparkModel model) throws IOException {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        NetworkTensors.arrays(model.weights())
                .forEach((name, array) -> NetworkTensors.add(writer, name, array));
        NetworkTensors.counters(model.weights())
                .forEach((name, statistics) -> writer.add(name, statistics.batches()));
        writer.write(out, Map.of());
    }
}
