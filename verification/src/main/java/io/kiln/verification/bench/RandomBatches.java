package io.kiln.verification.bench;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.PatchGrid;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * Noise under random masks, a function of seed and step. What a step costs does not depend on what
 * the images show.
 *
 * @param geometry of the images
 * @param images a batch
 * @param kept visible patches of an image
 * @param seed of all batches
 */
record RandomBatches(InputGeometry geometry, int images, int kept, long seed) {
    /** The batch of a step. */
    MaskedBatch of(int step) {
        Random random = new Random(seed * 1_000_003 + step);
        return new MaskedBatch(
                PatchGrid.of(geometry, images, coordinates(random)),
                noise(random, images * kept),
                noise(random, images * (geometry.patches() - kept)));
    }

    private int[] coordinates(Random random) {
        int[] coordinates = new int[3 * images * kept];
        int i = 0;
        for (int image = 0; image < images; image++) {
            for (int cell : visible(random)) {
                coordinates[i++] = image;
                coordinates[i++] = cell / geometry.gridWidth();
                coordinates[i++] = cell % geometry.gridWidth();
            }
        }
        return coordinates;
    }

    /** Cells drawn without replacement, in order (Fisher and Yates's shuffle, broken off). */
    private int[] visible(Random random) {
        int[] cells = new int[geometry.patches()];
        Arrays.setAll(cells, cell -> cell);
        for (int i = 0; i < kept; i++) {
            int other = i + random.nextInt(cells.length - i);
            int cell = cells[other];
            cells[other] = cells[i];
            cells[i] = cell;
        }
        int[] visible = Arrays.copyOf(cells, kept);
        Arrays.sort(visible);
        return visible;
    }

    private ByteBuffer noise(Random random, int patches) {
        byte[] bytes = new byte[Math.multiplyExact(patches, geometry.patchValues())];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }
}
