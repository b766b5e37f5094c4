package io.kiln.model;

import java.util.Arrays;

/**
 * Which patches of a batch are active, and the index tables that follow. Rows of the sparse encoder
 * are ordered (patch, y, x), patches in row-major order of (image, grid row, grid column), so that
 * a site's row is known from the grid alone. A patch has side · side sites, side = patch / stride.
 * In every table the number of rows stands for "not active".
 */
public final class PatchGrid {
    private static final int INACTIVE = -1;

    private final int images;
    private final int height;
    private final int width;
    private final int patch;
    private final int[] active;
    private final int[] masked;
    private final int[] numbers;

    private PatchGrid(InputGeometry geometry, int images, int[] active) {
        this.images = images;
        this.height = geometry.gridHeight();
        this.width = geometry.gridWidth();
        this.patch = geometry.patch();
        this.active = active;
        this.numbers = new int[images * geometry.patches()];
        Arrays.fill(numbers, INACTIVE);
        for (int i = 0; i < active.length; i++) {
            numbers[active[i]] = i;
        }
        this.masked = new int[numbers.length - active.length];
        for (int cell = 0, i = 0; cell < numbers.length; cell++) {
            if (numbers[cell] == INACTIVE) {
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
        return patch;
    }

    /** Active patches of the batch. */
    public int active() {
        return active.length;
    }

    /** Patches of the batch that are not active. */
    public int masked() {
        return masked.length;
    }

    /** Sites along a side of a patch, at a stride of the encoder. */
    public int side(int stride) {
        return patch / stride;
    }

    /**
     * [active]: number of each active patch among all patches, image by image in row-major order.
     */
    public int[] activeCells() {
        return active.clone();
    }

    /** [masked]: number of each masked patch among all patches. */
    public int[] maskedCells() {
        return masked.clone();
    }

    /** Image of an active patch. */
    public int imageOf(int activePatch) {
        return active[activePatch] / (height * width);
    }

    /**
     * Rows under each patch enlarged by a halo.
     *
     * @param side sites along a patch's side
     * @param before halo sites above and left
     * @param after halo sites below and right
     * @return [active, extent, extent], extent = before + side + after
     */
    public int[] halo(int side, int before, int after) {
        int extent = before + side + after;
        int[] table = new int[active.length * extent * extent];
        int i = 0;
        for (int cell : active) {
            for (int y = -before; y < side + after; y++) {
                for (int x = -before; x < side + after; x++) {
                    table[i++] = row(cell, y, x, side);
                }
            }
        }
        return table;
    }

    /**
     * Rows of the 3×3 neighbourhood of each output site.
     *
     * @param side input sites along a patch's side
     * @param stride 1, or 2 for outputs at every second site
     * @return [active · (side / stride)², 9]
     */
    public int[] neighbours(int side, int stride) {
        int out = side / stride;
        int[] table = new int[active.length * out * out * 9];
        int i = 0;
        for (int cell : active) {
            for (int y = 0; y < out; y++) {
                for (int x = 0; x < out; x++) {
                    for (int tap = 0; tap < 9; tap++) {
                        table[i++] =
                                row(cell, y * stride + tap / 3 - 1, x * stride + tap % 3 - 1, side);
                    }
                }
            }
        }
        return table;
    }

    /**
     * Row of each site of the dense map.
     *
     * @return [images, height · side, width · side]
     */
    public int[] map(int side) {
        int[] table = new int[numbers.length * side * side];
        int i = 0;
        for (int image = 0; image < images; image++) {
            for (int y = 0; y < height * side; y++) {
                int first = (image * height + y / side) * width;
                for (int x = 0; x < width * side; x++) {
                    table[i++] = row(first + x / side, y % side, x % side, side);
                }
            }
        }
        return table;
    }

    /**
     * Site of the dense map that each row is.
     *
     * @return [active · side²], indices into [images · height · side · width · side]
     */
    public int[] sites(int side) {
        int[] table = new int[active.length * side * side];
        int i = 0;
        for (int cell : active) {
            int top = cell / width * side;
            int left = cell % width * side;
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    table[i++] = (top + y) * width * side + left + x;
                }
            }
        }
        return table;
    }

    /**
     * Sites around the tiles of the active patches, on maps with a frame of one site: tiles of side
     * 4, or 2 where a patch has side 2, each with its neighbours.
     *
     * @param side sites along a patch's side, 2 or a multiple of 4
     * @return [extent², tiles], extent = 4 or 6; tiles ordered (patch, row, column), indices into
     *     [images · (height · side + 2) · (width · side + 2)]
     */
    public int[] framedTiles(int side) {
        int tile = Math.min(4, side);
        int extent = tile + 2;
        int across = side / tile;
        int line = width * side + 2;
        int tiles = active.length * across * across;
        int[] table = new int[extent * extent * tiles];
        for (int patch = 0; patch < active.length; patch++) {
            int image = active[patch] / (height * width);
            int row = active[patch] / width % height;
            int column = active[patch] % width;
            int first = (image * (height * side + 2) + row * side) * line + column * side;
            for (int t = 0; t < across * across; t++) {
                int corner = first + (t / across * line + t % across) * tile;
                int at = patch * across * across + t;
                for (int y = 0; y < extent; y++) {
                    for (int x = 0; x < extent; x++) {
                        table[(y * extent + x) * tiles + at] = corner + y * line + x;
                    }
                }
            }
        }
        return table;
    }

    /**
     * Row of the site (y, x) counted from the top left of a patch; y and x may lie in the patches
     * around it.
     */
    private int row(int cell, int y, int x, int side) {
        int down = Math.floorDiv(y, side);
        int right = Math.floorDiv(x, side);
        int gridRow = cell / width % height + down;
        int gridColumn = cell % width + right;
        if (gridRow < 0 || gridRow >= height || gridColumn < 0 || gridColumn >= width) {
            return active.length * side * side;
        }
        int number = numbers[cell + down * width + right];
        return number == INACTIVE
                ? active.length * side * side
                : (number * side + y - down * side) * side + x - right * side;
    }
}
