package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SparseBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small batches, a function of their number, for a network that trains in milliseconds. */
public final class TestBatches {
    static final int IMAGES = 4;
    private static final int SIDE = 64;
    private static final int PATCH = 32;
    private static final int KEEP = 2;

    private TestBatches() {}

    public static KilnConfig config(String artifacts, String... more) {
        List<String> overrides =
                new ArrayList<>(
                        List.of(
                                "input.height=64",
                                "input.width=64",
                                "masking.batchSize=4",
                                "model.name=tiny",
                                "training.threads=1",
                                "model.architecture=custom",
                                "model.depths=[1, 1, 1, 1]",
                                "model.widths=[8, 16, 24, 32]",
                                "model.stem=8",
                                "model.decoderWidth=32",
                                "training.schedule.peakLearningRate=0.01",
                                "training.schedule.warmupSteps=5",
                                "checkpoints.everySteps=3",
                                "checkpoints.artifacts=" + artifacts));
        overrides.addAll(List.of(more));
        return KilnConfig.parse("", overrides);
    }

    /** A batch with a single site, for which batch norm is not defined: it is skipped. */
    static SparseBatch untrainable(int number) {
        SparseBatch whole = batch(number);
        int patchBytes = PATCH * PATCH * 3;
        ByteBuffer coordinates =
                ByteBuffer.allocate(3 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return new SparseBatch(
                whole.getBatchId(),
                whole.getGeometry(),
                whole.getMaskRatio(),
                whole.getSeed(),
                whole.getImages().subList(0, 1),
                coordinates.putInt(0).putInt(0).putInt(0).flip(),
                ByteBuffer.allocate(patchBytes),
                ByteBuffer.allocate(3 * patchBytes),
                SampleType.UINT8,
                List.of());
    }

    public static SparseBatch batch(int number) {
        Random random = new Random(number);
        ByteBuffer coordinates =
                ByteBuffer.allocate(IMAGES * KEEP * 3 * Integer.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        List<ImageOrigin> images = new ArrayList<>();
        for (int image = 0; image < IMAGES; image++) {
            int first = random.nextInt(3);
            int second = first + 1 + random.nextInt(3 - first);
            for (int patch : new int[] {first, second}) {
                coordinates.putInt(image).putInt(patch / 2).putInt(patch % 2);
            }
            images.add(
                    new ImageOrigin(
                            "id",
                            "images",
                            0,
                            (long) number * IMAGES + image,
                            0,
                            0,
                            0,
                            SIDE,
                            SIDE,
                            false,
                            false));
        }
        int patchBytes = PATCH * PATCH * 3;
        byte[] visible = new byte[IMAGES * KEEP * patchBytes];
        byte[] masked = new byte[IMAGES * (4 - KEEP) * patchBytes];
        random.nextBytes(visible);
        random.nextBytes(masked);
        return new SparseBatch(
                "batch-" + number,
                new Geometry(SIDE, SIDE, 3, PATCH, 2, 2),
                0.6,
                42L,
                images,
                coordinates.flip(),
                ByteBuffer.wrap(visible),
                ByteBuffer.wrap(masked),
                SampleType.UINT8,
                List.of());
    }
}
