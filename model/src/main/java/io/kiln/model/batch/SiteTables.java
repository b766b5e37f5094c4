package io.kiln.model.batch;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Index tables of the sites of a batch, each kept once it was made; that may be ahead of its use,
 * on another thread. Rows of the sparse encoder are ordered (patch, y, x), patches in row-major
 * order of (image, grid row, grid column), so that a site's row is known from the grid alone. A
 * patch has side · side sites, side = patch / stride. In tables of rows the number of rows stands
 * for "not active".
 */
public final class SiteTables {
    private static final int NEIGHBOURHOOD = 9;

    private final PatchGrid grid;
    private final int[] near;
    private final Map<Key, int[]> made = new ConcurrentHashMap<>();

    /** Kinds of tables. */
    public enum Kind {
        /** See {@link #halo}. */
        HALO,
        /** See {@link #neighbours}. */
        NEIGHBOURS,
        /** See {@link #tiles}. */
        TILES,
        /** See {@link #paddedTiles}. */
        PADDED_TILES,
        /** See {@link #map}. */
        MAP,
        /** See {@link #sites}. */
        SITES,
        /** See {@link #patches}. */
        PATCHES
    }

    /**
     * One table of any batch.
     *
     * @param side sites along a patch's side
     * @param first stride of neighbours, or halo sites before; else 0
     * @param second halo sites after; else 0
     */
    public record Key(Kind kind, int side, int first, int second) {
        public Key(Kind kind, int side) {
            this(kind, side, 0, 0);
        }
    }

    SiteTables(PatchGrid grid) {
        this.grid = grid;
        this.near = grid.neighbourhoods();
    }

    /** Computes tables ahead of their use; on any thread. */
    public void make(Set<Key> keys) {
        keys.forEach(this::table);
    }

    /** A table, computed now if it was not before. The caller must not change it. */
    public int[] table(Key key) {
        return made.computeIfAbsent(key, this::make);
    }

    /** Which tables have been computed so far: after a step, those that the step needed. */
    public Set<Key> made() {
        return Set.copyOf(made.keySet());
    }

    private int[] make(Key key) {
        int side = key.side();
        return switch (key.kind()) {
            case HALO -> halo(side, key.first(), key.second());
            case NEIGHBOURS -> neighbours(side, key.first());
            case TILES -> tiles(side);
            case PADDED_TILES -> paddedTiles(side);
            case MAP -> map(side);
            case SITES -> sites(side);
            case PATCHES -> patches(side);
        };
    }

    /**
     * Rows under each patch enlarged by a halo.
     *
     * @param side sites along a patch's side
     * @param before halo sites above and left, at most side
     * @param after halo sites below and right, at most side
     * @return [active, extent, extent], extent = before + side + after
     */
    public int[] halo(int side, int before, int after) {
        int extent = before + side + after;
        int[] table = new int[grid.active() * extent * extent];
        int i = 0;
        for (int patch = 0; patch < grid.active(); patch++) {
            for (int y = -before; y < side + after; y++) {
                for (int x = -before; x < side + after; x++) {
                    table[i++] = row(patch, y, x, side);
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
        int[] table = new int[grid.active() * out * out * NEIGHBOURHOOD];
        int i = 0;
        for (int patch = 0; patch < grid.active(); patch++) {
            for (int y = 0; y < side; y += stride) {
                for (int x = 0; x < side; x += stride) {
                    for (int down = -1; down <= 1; down++) {
                        for (int right = -1; right <= 1; right++) {
                            table[i++] = row(patch, y + down, x + right, side);
                        }
                    }
                }
            }
        }
        return table;
    }

    /**
     * Rows under the tiles of the active patches, each with its neighbours: tiles of side 4, or 2
     * where a patch has side 2.
     *
     * @param side sites along a patch's side, 2 or a multiple of 4
     * @return [extent², tiles], extent = 4 or 6; tiles ordered (patch, row, column)
     */
    public int[] tiles(int side) {
        return overTiles(side, (patch, y, x) -> row(patch, y, x, side));
    }

    /**
     * Sites under the same tiles, on maps with a frame of one site.
     *
     * @return [extent², tiles], indices into [images · (height · side + 2) · (width · side + 2)]
     */
    public int[] paddedTiles(int side) {
        int line = grid.width() * side + 2;
        int[] corners = new int[grid.active()];
        int[] cells = grid.activePatches();
        for (int patch = 0; patch < corners.length; patch++) {
            int image = cells[patch] / (grid.height() * grid.width());
            int row = cells[patch] / grid.width() % grid.height();
            int column = cells[patch] % grid.width();
            int top = image * (grid.height() * side + 2) + row * side + 1;
            corners[patch] = top * line + column * side + 1;
        }
        return overTiles(side, (patch, y, x) -> corners[patch] + y * line + x);
    }

    /** Where the site (y, x), counted from a patch's top left, is found. */
    @FunctionalInterface
    private interface Site {
        int at(int patch, int y, int x);
    }

    private int[] overTiles(int side, Site site) {
        int tile = Math.min(4, side);
        int extent = tile + 2;
        int across = side / tile;
        int tiles = grid.active() * across * across;
        int[] table = new int[extent * extent * tiles];
        int t = 0;
        for (int patch = 0; patch < grid.active(); patch++) {
            for (int top = 0; top < side; top += tile) {
                for (int left = 0; left < side; left += tile) {
                    for (int y = 0; y < extent; y++) {
                        for (int x = 0; x < extent; x++) {
                            table[(y * extent + x) * tiles + t] =
                                    site.at(patch, top + y - 1, left + x - 1);
                        }
                    }
                    t++;
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
        int[] numbers = grid.activeNumbers();
        int none = grid.active() * side * side;
        int[] table = new int[numbers.length * side * side];
        int i = 0;
        for (int line = 0; line < numbers.length; line += grid.width()) {
            for (int y = 0; y < side; y++) {
                for (int column = 0; column < grid.width(); column++) {
                    int number = numbers[line + column];
                    for (int x = 0; x < side; x++) {
                        table[i++] = number < 0 ? none : (number * side + y) * side + x;
                    }
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
        int[] cells = grid.activePatches();
        int line = grid.width() * side;
        int[] table = new int[cells.length * side * side];
        int i = 0;
        for (int cell : cells) {
            int first = cell / grid.width() * side * line + cell % grid.width() * side;
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    table[i++] = first + y * line + x;
                }
            }
        }
        return table;
    }

    /**
     * Row of each site of all patches, masked ones too.
     *
     * @return [patches · side²], ordered (patch, y, x)
     */
    public int[] patches(int side) {
        int[] numbers = grid.activeNumbers();
        int sitesOfAPatch = side * side;
        int none = grid.active() * sitesOfAPatch;
        int[] table = new int[numbers.length * sitesOfAPatch];
        for (int i = 0; i < table.length; i++) {
            int number = numbers[i / sitesOfAPatch];
            table[i] = number < 0 ? none : number * sitesOfAPatch + i % sitesOfAPatch;
        }
        return table;
    }

    /**
     * Row of the site (y, x) counted from the top left of a patch; y and x may lie in the patches
     * around it.
     */
    private int row(int patch, int y, int x, int side) {
        int down = y < 0 ? -1 : y < side ? 0 : 1;
        int right = x < 0 ? -1 : x < side ? 0 : 1;
        int number = near[patch * NEIGHBOURHOOD + 3 * (down + 1) + right + 1];
        return number < 0
                ? grid.active() * side * side
                : (number * side + y - down * side) * side + x - right * side;
    }
}
