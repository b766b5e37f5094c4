package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.SiteTables;
import io.kiln.model.batch.SiteTables.Key;
import io.kiln.model.batch.SiteTables.Kind;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Phase;
import io.kiln.model.torch.PhaseTracker;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The index tables of a batch on the device. Each is made when a layer first needs it and belongs
 * to the pass; the time counts as {@link Phase#INDEX}. Sides are sites along a patch's side.
 */
public final class DeviceTables {
    private final Operators operators;
    private final PatchGrid grid;
    private final SiteTables sites;
    private final PhaseTracker phases;
    private final Map<String, NDArray> tables = new HashMap<>();

    DeviceTables(Operators operators, PatchGrid grid, PhaseTracker phases) {
        this.operators = operators;
        this.grid = grid;
        this.sites = grid.tables();
        this.phases = phases;
    }

    /** [active, extent, extent]: see {@link SiteTables#halo}. */
    NDArray halo(int side, int before, int after) {
        return ints(
                "halo " + side + " " + before + " " + after,
                () -> sites.table(new Key(Kind.HALO, side, before, after)));
    }

    /** [active · (side / stride)², 9]: see {@link SiteTables#neighbours}. */
    NDArray neighbours(int side, int stride) {
        return ints(
                "neighbours " + side + " " + stride,
                () -> sites.table(new Key(Kind.NEIGHBOURS, side, stride, 0)));
    }

    /** [images, height, width]: see {@link SiteTables#map}. */
    public NDArray map(int side) {
        Shape shape =
                new Shape(grid.images(), (long) grid.height() * side, (long) grid.width() * side);
        return table(
                "map " + side,
                () -> operators.manager().create(sites.table(new Key(Kind.MAP, side)), shape));
    }

    /** [patches · side²]: see {@link SiteTables#patches}. */
    public NDArray patches(int side) {
        return ints("patches " + side, () -> sites.table(new Key(Kind.PATCHES, side)));
    }

    /** [16 or 36, tiles]: see {@link SiteTables#tiles}. */
    NDArray tiles(int side) {
        return table("tiles " + side, () -> byTile(sites.table(new Key(Kind.TILES, side)), side));
    }

    /** [16 or 36, tiles]: see {@link SiteTables#paddedTiles}. */
    NDArray paddedTiles(int side) {
        return table(
                "padded tiles " + side,
                () -> byTile(sites.table(new Key(Kind.PADDED_TILES, side)), side));
    }

    private NDArray byTile(int[] table, int side) {
        int extent = Math.min(4, side) + 2;
        int sitesOfATile = extent * extent;
        return operators
                .manager()
                .create(table, new Shape(sitesOfATile, table.length / sitesOfATile));
    }

    /**
     * Which neighbours of each site are masked.
     *
     * @param like array whose number format the result takes
     * @return [images · (height + 2) · (width + 2), 9] for maps padded by one site, 1 where masked
     */
    NDArray maskedWindows(int side, NDArray like) {
        NDArray masked = maskedPatches();
        return table(
                "masked windows " + side,
                () ->
                        operators.one(
                                "masked_windows",
                                like,
                                masked,
                                grid.images(),
                                grid.height(),
                                grid.width(),
                                side));
    }

    /** [rows]: see {@link SiteTables#sites}. */
    public NDArray sites(int side) {
        return ints("sites " + side, () -> sites.table(new Key(Kind.SITES, side)));
    }

    /** [masked]: see {@link PatchGrid#maskedPatches}. */
    public NDArray maskedPatches() {
        return longs("masked", grid::maskedPatches);
    }

    /** [active]: see {@link PatchGrid#activePatches}. */
    public NDArray activePatches() {
        return longs("active", grid::activePatches);
    }

    /** [active]: see {@link PatchGrid#imageOf}. */
    NDArray imagesOfPatches() {
        return longs("images of patches", grid::imagesOfActive);
    }

    /** [images]: active patches of each image. */
    NDArray patchesOfImages() {
        return longs("patches of images", grid::activeOfImages);
    }

    private NDArray ints(String name, Supplier<int[]> values) {
        return table(name, () -> operators.manager().create(values.get()));
    }

    private NDArray longs(String name, Supplier<int[]> values) {
        return table(
                name,
                () ->
                        operators
                                .manager()
                                .create(Arrays.stream(values.get()).asLongStream().toArray()));
    }

    private NDArray table(String name, Supplier<NDArray> make) {
        NDArray table = tables.get(name);
        if (table == null) {
            table = phases.during(Phase.INDEX, make);
            tables.put(name, table);
        }
        return table;
    }
}
