package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.PatchGrid;
import io.kiln.model.Phase;
import io.kiln.model.PhaseListener;
import io.kiln.model.SeededRandom;
import io.kiln.model.torch.Operators;
import java.util.ArrayList;
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
    private final Draws draws;
    private final Map<String, NDArray> tables = new HashMap<>();
    private final List<RunningStatistics.Update> updates = new ArrayList<>();
    private final boolean inference;
    private final double momentum;
    private final PhaseListener listener;
    private Phase phase = Phase.INDEX;

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
        this(operators, grid, draws, PhaseListener.NONE);
    }

    /** A pass that tells what it does. */
    public Pass(Operators operators, PatchGrid grid, Draws draws, PhaseListener listener) {
        this(operators, grid, draws, false, MOMENTUM, listener);
    }

    private Pass(
            Operators operators,
            PatchGrid grid,
            Draws draws,
            boolean inference,
            double momentum,
            PhaseListener listener) {
        this.operators = operators;
        this.grid = grid;
        this.draws = draws;
        this.inference = inference;
        this.momentum = momentum;
        this.listener = listener;
    }

    /** A pass that uses running statistics and changes nothing. */
    public static Pass inference(Operators operators, PatchGrid grid) {
        return new Pass(operators, grid, Draws.NONE, true, MOMENTUM, PhaseListener.NONE);
    }

    /**
     * A pass that is there for the running statistics alone.
     *
     * @param momentum share of the batch's statistics in the new running ones, above 0, at most 1
     */
    public static Pass calibration(Operators operators, PatchGrid grid, double momentum) {
        return new Pass(operators, grid, Draws.NONE, false, momentum, PhaseListener.NONE);
    }

    /** Share of the batch's statistics in the new running ones. */
    double momentum() {
        return momentum;
    }

    /** Whether norms use their running statistics rather than the batch's own. */
    boolean isInference() {
        return inference;
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

    /** [active, extent, extent]: see {@link PatchGrid#halo}. */
    public NDArray halo(int side, int before, int after) {
        return table(
                "halo " + side + " " + before + " " + after, () -> grid.halo(side, before, after));
    }

    /** [active · (side / stride)², 9]: see {@link PatchGrid#neighbours}. */
    public NDArray neighbours(int side, int stride) {
        return table("neighbours " + side + " " + stride, () -> grid.neighbours(side, stride));
    }

    /** [images, height, width]: see {@link PatchGrid#map}. */
    public NDArray map(int side) {
        return made(
                "map " + side,
                () ->
                        operators
                                .manager()
                                .create(
                                        grid.map(side),
                                        new Shape(
                                                grid.images(),
                                                (long) grid.height() * side,
                                                (long) grid.width() * side)));
    }

    /** [rows]: see {@link PatchGrid#sites}. */
    public NDArray sites(int side) {
        return table("sites " + side, () -> grid.sites(side));
    }

    /** [masked]: see {@link PatchGrid#maskedCells}. */
    public NDArray maskedCells() {
        return longTable("masked", grid::maskedCells);
    }

    /** [active]: see {@link PatchGrid#activeCells}. */
    public NDArray activeCells() {
        return longTable("active", grid::activeCells);
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
        try (NDArray factors = operators.manager().create(patches)) {
            return factors.toType(like.getDataType(), true);
        }
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

    private NDArray table(String name, Supplier<int[]> rows) {
        return made(name, () -> operators.manager().create(rows.get()));
    }

    /** A table that is made when it is first needed; the phase under way waits for it. */
    private NDArray made(String name, Supplier<NDArray> make) {
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

    private NDArray longTable(String name, Supplier<int[]> rows) {
        return made(
                name,
                () -> {
                    int[] numbers = rows.get();
                    long[] wide = new long[numbers.length];
                    for (int i = 0; i < wide.length; i++) {
                        wide[i] = numbers[i];
                    }
                    return operators.manager().create(wide);
                });
    }
}
