package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.SiteTables;
import io.kiln.model.batch.SiteTables.Key;
import io.kiln.model.batch.SiteTables.Kind;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Phase;
import io.kiln.model.torch.PhaseListener;
import io.kiln.model.torch.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One forward pass over one batch, and its backward pass: where the active sites are, the index
 * tables on the device, the random draws. Everything made on the way belongs to the pass's manager.
 */
public final class Pass {
    /** Of all batch norms in training, as in the official code. */
    private static final double MOMENTUM = 0.1;

    private final Operators operators;
    private final PatchGrid grid;
    private final SiteTables sites;
    private final Draws draws;
    private final Map<String, NDArray> tables = new HashMap<>();
    private final List<RunningStatistics.Update> updates = new ArrayList<>();
    private final PhaseListener listener;
    private Phase phase = Phase.INDEX;
    private final boolean inference;
    private final double momentum;

    /**
     * Where drop-path draws come from: equal seeds and steps draw equally.
     *
     * @param seed of the run
     * @param step of the optimiser
     * @param dropPath whether residual branches are dropped at all
     */
    public record Draws(long seed, long step, boolean dropPath) {
        /** No branch is dropped. */
        public static final Draws NONE = new Draws(0, 0, false);
    }

    public Pass(Operators operators, PatchGrid grid, Draws draws) {
        this(operators, new SiteTables(grid), draws, PhaseListener.NONE);
    }

    /** A pass that tells what it does, over tables that may have been made ahead. */
    public Pass(Operators operators, SiteTables sites, Draws draws, PhaseListener listener) {
        this(operators, sites, draws, listener, false, MOMENTUM);
    }

    private Pass(
            Operators operators,
            SiteTables sites,
            Draws draws,
            PhaseListener listener,
            boolean inference,
            double momentum) {
        this.operators = operators;
        this.grid = sites.grid();
        this.sites = sites;
        this.draws = draws;
        this.listener = listener;
        this.inference = inference;
        this.momentum = momentum;
    }

    /** A pass that uses running statistics and changes nothing. */
    public static Pass inference(Operators operators, PatchGrid grid) {
        return new Pass(
                operators, new SiteTables(grid), Draws.NONE, PhaseListener.NONE, true, MOMENTUM);
    }

    /**
     * A pass that is there for the running statistics alone.
     *
     * @param momentum share of the batch's statistics in the new running ones, above 0, at most 1
     */
    public static Pass calibration(Operators operators, PatchGrid grid, double momentum) {
        return new Pass(
                operators, new SiteTables(grid), Draws.NONE, PhaseListener.NONE, false, momentum);
    }

    /** Share of the batch's statistics in the new running ones. */
    double momentum() {
        return momentum;
    }

    /** Whether norms use their running statistics rather than the batch's own. */
    boolean isInference() {
        return inference;
    }

    /**
     * Whether outputs of norms and activations are dropped when they have been used, and computed
     * again on the way back.
     */
    boolean recomputes() {
        return !inference && operators.recomputes();
    }

    /** Goes on with another phase. */
    public void enter(Phase next) {
        phase = next;
        listener.entered(next);
    }

    /** Operators whose results belong to this pass. */
    public Operators operators() {
        return operators;
    }

    /** Where the active patches are. */
    public PatchGrid grid() {
        return grid;
    }

    /** [active, extent, extent]: see {@link SiteTables#halo}. */
    public NDArray halo(int side, int before, int after) {
        return ints(
                "halo " + side + " " + before + " " + after,
                () -> sites.table(new Key(Kind.HALO, side, before, after)));
    }

    /** [active · (side / stride)², 9]: see {@link SiteTables#neighbours}. */
    public NDArray neighbours(int side, int stride) {
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

    /** [16 or 36, tiles]: see {@link SiteTables#tiles}. */
    NDArray tiles(int side) {
        return table("tiles " + side, () -> byTile(sites.table(new Key(Kind.TILES, side)), side));
    }

    /** [16 or 36, tiles]: see {@link SiteTables#framedTiles}. */
    NDArray framedTiles(int side) {
        return table(
                "framed tiles " + side,
                () -> byTile(sites.table(new Key(Kind.FRAMED_TILES, side)), side));
    }

    private NDArray byTile(int[] table, int side) {
        int extent = Math.min(4, side) + 2;
        int sitesATile = extent * extent;
        return operators.manager().create(table, new Shape(sitesATile, table.length / sitesATile));
    }

    /**
     * Which neighbours of each site are inactive.
     *
     * @param like array whose number format it takes
     * @return [images · (height + 2) · (width + 2), 9], 1 where inactive, of maps with a frame
     */
    NDArray inactiveWindows(int side, NDArray like) {
        NDArray masked = maskedCells();
        return table(
                "inactive " + side,
                () ->
                        operators.one(
                                "inactive_windows",
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

    /** [masked]: see {@link PatchGrid#maskedCells}. */
    public NDArray maskedCells() {
        return longs("masked", grid::maskedCells);
    }

    /** [active]: see {@link PatchGrid#activeCells}. */
    public NDArray activeCells() {
        return longs("active", grid::activeCells);
    }

    /** Whether a residual branch of this drop-path rate is dropped for some images in this pass. */
    public boolean drops(double rate) {
        return draws.dropPath && rate > 0;
    }

    /**
     * Factors of a residual branch: 0 for the images that drop it, 1 / (1 − rate) for the others
     * (Huang et al., ECCV 2016).
     *
     * @param block number of the block
     * @param like array whose number format the factors take
     * @return [active patches]
     */
    public NDArray dropFactors(int block, double rate, NDArray like) {
        SeededRandom random =
                SeededRandom.of(draws.seed ^ Long.rotateLeft(draws.step, 32), "drop-path " + block);
        double[] images = new double[grid.images()];
        for (int i = 0; i < images.length; i++) {
            images[i] = random.nextDouble() < rate ? 0 : 1 / (1 - rate);
        }
        double[] patches = new double[grid.active()];
        for (int i = 0; i < patches.length; i++) {
            patches[i] = images[grid.imageOf(i)];
        }
        return operators.manager().create(patches).toType(like.getDataType(), false);
    }

    /** Running statistics for this pass to update. */
    RunningStatistics.Update update(RunningStatistics statistics) {
        RunningStatistics.Update update = statistics.begin(operators);
        updates.add(update);
        return update;
    }

    /** Makes the running statistics that this pass computed the network's own. */
    public void adoptStatistics() {
        updates.forEach(update -> update.adopt(operators));
        updates.clear();
    }

    private NDArray ints(String name, Supplier<int[]> rows) {
        return table(name, () -> operators.manager().create(rows.get()));
    }

    private NDArray longs(String name, Supplier<int[]> rows) {
        return table(
                name,
                () ->
                        operators
                                .manager()
                                .create(Arrays.stream(rows.get()).asLongStream().toArray()));
    }

    /** A table that is made when a layer first needs it; the phase under way waits for it. */
    private NDArray table(String name, Supplier<NDArray> make) {
        NDArray table = tables.get(name);
        if (table == null) {
            Phase interrupted = phase;
            enter(Phase.INDEX);
            table = make.get();
            tables.put(name, table);
            enter(interrupted);
        }
        return table;
    }
}
