package io.kiln.evaluation.images;

import io.kiln.schemas.Geometry;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SparseBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Images of 64 x 64 pixels, each a wave of its own, in batches of any size. */
public final class TestImages {
    private static final int SIDE = 64;
    private static final int PATCH = 32;
    private static final int CHANNELS = 3;

    private TestImages() {}

    /** What a network of these images takes. */
    public static InputSpec input() {
        return new InputSpec(
                SIDE,
                SIDE,
                CHANNELS,
                List.of(0.485, 0.456, 0.406),
                List.of(0.229, 0.224, 0.225),
                List.of(),
                8,
                "bicubic",
                "centre-crop");
    }

    /** A held-out image. */
    public static SparseBatch one(int number) {
        return batch(number, 1);
    }

    /** A held-out image with the id of {@link #one}, 64 x 96 pixels. */
    public static SparseBatch wide(int number) {
        SparseBatch wide = one(number);
        int patchBytes = PATCH * PATCH * CHANNELS;
        wide.put("geometry", new Geometry(SIDE, SIDE + PATCH, CHANNELS, PATCH, 2, 3));
        wide.put(
                "maskedPatches",
                ByteBuffer.allocate(4 * patchBytes).put(wide.getMaskedPatches()).rewind());
        return wide;
    }

    /** A sample of an image. */
    public interface Scene {
        byte sample(int y, int x, int channel);
    }

    /** A held-out image of anything. */
    public static SparseBatch of(String id, Scene scene) {
        SparseBatch one = one(id.hashCode() & 0xffff); // which is its offset too
        ByteBuffer rows = one.getCoordinates().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> active = new ArrayList<>();
        while (rows.hasRemaining()) {
            rows.getInt();
            active.add(2 * rows.getInt() + rows.getInt());
        }
        ByteBuffer visible = ByteBuffer.allocate(one.getVisiblePatches().remaining());
        ByteBuffer masked = ByteBuffer.allocate(one.getMaskedPatches().remaining());
        for (int cell = 0; cell < 4; cell++) {
            put(scene, cell, active.contains(cell) ? visible : masked);
        }
        one.put("visiblePatches", visible.flip());
        one.put("maskedPatches", masked.flip());
        one.getImages().get(0).put("imageId", id);
        return one;
    }

    /** Images of the numbers from first on; the id of each is "image " and its number. */
    public static SparseBatch batch(int first, int images) {
        ByteBuffer coordinates =
                ByteBuffer.allocate(images * 2 * 3 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer visible = ByteBuffer.allocate(images * 2 * PATCH * PATCH * CHANNELS);
        ByteBuffer masked = ByteBuffer.allocate(images * 2 * PATCH * PATCH * CHANNELS);
        List<ImageOrigin> origins = new ArrayList<>();
        for (int i = 0; i < images; i++) {
            int number = first + i;
            List<Integer> cells = new ArrayList<>(List.of(0, 1, 2, 3));
            Collections.shuffle(cells, new Random(number));
            List<Integer> active = cells.subList(0, 2).stream().sorted().toList();
            for (int cell = 0; cell < 4; cell++) {
                if (active.contains(cell)) {
                    coordinates.putInt(i).putInt(cell / 2).putInt(cell % 2);
                }
                put(
                        (y, x, channel) -> sample(number, y, x, channel),
                        cell,
                        active.contains(cell) ? visible : masked);
            }
            origins.add(
                    new ImageOrigin(
                            "image " + number,
                            "images",
                            0,
                            (long) number,
                            0,
                            0,
                            0,
                            SIDE,
                            SIDE,
                            false,
                            false));
        }
        return new SparseBatch(
                "batch-" + first + "-" + images,
                new Geometry(SIDE, SIDE, CHANNELS, PATCH, 2, 2),
                0.6,
                42L,
                origins,
                coordinates.flip(),
                visible.flip(),
                masked.flip(),
                SampleType.UINT8,
                List.of());
    }

    private static void put(Scene scene, int cell, ByteBuffer patches) {
        for (int y = 0; y < PATCH; y++) {
            for (int x = 0; x < PATCH; x++) {
                for (int channel = 0; channel < CHANNELS; channel++) {
                    patches.put(scene.sample(cell / 2 * PATCH + y, cell % 2 * PATCH + x, channel));
                }
            }
        }
    }

    /** A sample of an image. */
    static byte sample(int number, int y, int x, int channel) {
        Random random = new Random(number);
        double angle = 0.3 * random.nextDouble() * x + 0.3 * random.nextDouble() * y;
        double phase = 6 * random.nextDouble() + channel * random.nextDouble();
        return (byte) (int) Math.round(127.5 + 100 * Math.sin(angle + phase));
    }
}
