package io.kiln.model.batch;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which patches of a batch are active. Patches are numbered in row-major order of (image, grid row,
 * grid column).
 */
public final class PatchGrid {
    private static final int MASKED = -1;
    private static final int NEIGHBOURHOOD = 9;

    private final InputGeometry geometry;
    private final int images;
    private final int height;
    private final int width;
    private final int[] active;
    private final int[] masked;
    private final int[] numbers;
    private @Nullable SiteTables tables;

    private PatchGrid(InputGeometry geometry, int images, int[] active) {
        this.geometry = geometry;
        this.images = images;
        this.height = geometry.gridHeight();
        this.width = geometry.gridWidth();
        this.active = active;
        this.numbers = new int[images * geometry.patches()];
        Arrays.fill(numbers, MASKED);
        for (int i = 0; i < active.length; i++) {
            numbers[active[i]] = i;
        }
        this.masked = new int[numbers.length - active.length];
        for (int cell = 0, i = 0; cell < numbers.length; cell++) {
            if (numbers[cell] == MASKED) {
                masked[i++] = cell;
            }
        }
    }

    /**
     * Reads coordinates.
     *
     * @param coordinates [active · 3]: (image, grid row, grid column), in row-major order
     * @throws IllegalArgumentException if they leave the grid, repeat or are out of order, or if
     *     nothing is active or nothing masked
     */
    public static PatchGrid of(InputGeometry geometry, int images, int[] coordinates) {
        if (images < 1) {
            throw new IllegalArgumentException(
                    "a batch of " + images + " images; expected at least 1");
        }
        if (coordinates.length % 3 != 0) {
            throw new IllegalArgumentException(
                    "coordinates has " + coordinates.length + " numbers; expected three a patch");
        }
        int[] active = new int[coordinates.length / 3];
        int previous = -1;
        for (int i = 0; i < active.length; i++) {
            active[i] = cell(geometry, images, coordinates, i);
            if (active[i] <= previous) {
                throw new IllegalArgumentException(
                        "coordinates row "
                                + i
                                + " is out of order or repeated; expected row-major order");
            }
            previous = active[i];
        }
        if (active.length == 0 || active.length == Math.multiplyExact(images, geometry.patches())) {
            throw new IllegalArgumentException(
                    active.length
                            + " of "
                            + images * geometry.patches()
                            + " patches are active; expected at least one active and one masked");
        }
        return new PatchGrid(geometry, images, active);
    }

    /** Every patch of every image active, as for inference. */
    public static PatchGrid dense(InputGeometry geometry, int images) {
        int[] all = new int[Math.multiplyExact(images, geometry.patches())];
        Arrays.setAll(all, cell -> cell);
        return new PatchGrid(geometry, images, all);
    }

    private static int cell(InputGeometry geometry, int images, int[] coordinates, int i) {
        int image = coordinates[3 * i];
        int row = coordinates[3 * i + 1];
        int column = coordinates[3 * i + 2];
        boolean inside =
                image >= 0
                        && image < images
                        && row >= 0
                        && row < geometry.gridHeight()
                        && column >= 0
                        && column < geometry.gridWidth();
        if (!inside) {
            throw new IllegalArgumentException(
                    "coordinates row "
                            + i
                            + " is ("
                            + image
                            + ", "
                            + row
                            + ", "
                            + column
                            + "); expected less than ("
                            + images
                            + ", "
                            + geometry.gridHeight()
                            + ", "
                            + geometry.gridWidth()
                            + ")");
        }
        return (image * geometry.gridHeight() + row) * geometry.gridWidth() + column;
    }

    /** Sizes of every image. */
    public InputGeometry geometry() {
        return geometry;
    }

    /** The grid's index tables, each computed once. Thread-safe. */
    public synchronized SiteTables tables() {
        if (tables == null) {
            tables = new SiteTables(this);
        }
        return tables;
    }

    /** Images of the batch. */
    public int images() {
        return images;
    }

    /** Patches in a column of an image. */
    public int height() {
        return height;
    }

    /** Patches in a row of an image. */
    public int width() {
        return width;
    }

    /** Side of a patch in pixels. */
    public int patch() {
        return geometry.patch();
    }

    /** Active patches of the batch. */
    public int active() {
        return active.length;
    }

    /** Masked patches of the batch: all that are not active. */
    public int masked() {
        return masked.length;
    }

    /** Active sites of the batch at a stride of the encoder. */
    public int sites(int stride) {
        return active.length * side(stride) * side(stride);
    }

    /** Sites along a side of a patch, at a stride of the encoder. */
    public int side(int stride) {
        return geometry.patch() / stride;
    }

    /**
     * [active]: number of each active patch among all patches, image by image in row-major order.
     */
    public int[] activePatches() {
        return active.clone();
    }

    /** [masked]: number of each masked patch among all patches. */
    public int[] maskedPatches() {
        return masked.clone();
    }

    /** Image of an active patch. */
    public int imageOf(int activePatch) {
        return active[activePatch] / (height * width);
    }

    /** [active]: image of each active patch. */
    public int[] imagesOfActive() {
        return IntStream.range(0, active.length).map(this::imageOf).toArray();
    }

    /** [images]: active patches of each image, 0 where all of its patches are masked. */
    public int[] activeOfImages() {
        int[] counts = new int[images];
        for (int patch = 0; patch < active.length; patch++) {
            counts[imageOf(patch)]++;
        }
        return counts;
    }

    /**
     * Active patches around each active patch.
     *
     * @return [active, 9]: numbers of the active patches above left, above, above right, ..., below
     *     right, and of the patch itself in the middle; −1 where nothing is active
     */
    int[] neighbourhoods() {
        int[] near = new int[active.length * NEIGHBOURHOOD];
        for (int i = 0; i < active.length; i++) {
            int row = active[i] / width % height;
            int column = active[i] % width;
            for (int n = 0; n < NEIGHBOURHOOD; n++) {
                int down = n / 3 - 1;
                int right = n % 3 - 1;
                boolean inside =
                        row + down >= 0
                                && row + down < height
                                && column + right >= 0
                                && column + right < width;
                near[i * NEIGHBOURHOOD + n] =
                        inside ? numbers[active[i] + down * width + right] : MASKED;
            }
        }
        return near;
    }

    /** [patches of the batch]: number of each among the active ones, −1 where it is masked. */
    int[] activeNumbers() {
        return numbers.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PatchGrid that
                && geometry.equals(that.geometry)
                && images == that.images
                && Arrays.equals(active, that.active);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(active);
    }

    @Override
    public String toString() {
        return active.length + " active patches in " + images + " images, " + geometry;
    }
}
