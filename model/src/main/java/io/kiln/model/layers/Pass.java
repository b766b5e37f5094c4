package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Phase;
import io.kiln.model.torch.PhaseTracker;
import io.kiln.model.torch.StepListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One forward pass over one batch and its backward pass: what the layers share. Every array that
 * they make belongs to the pass's manager.
 */
public final class Pass {
    /** Of all batch norms in training, as in the official code. */
    private static final double MOMENTUM = 0.1;

    private final Operators operators;
    private final PatchGrid grid;
    private final DeviceTables tables;
    private final DropPath dropPath;
    private final PhaseTracker phases;
    private final boolean inference;
    private final double momentum;
    private final List<RunningStatistics.Update> updates = new ArrayList<>();

    /** A training pass. */
    public Pass(Operators operators, PatchGrid grid, DropPath dropPath) {
        this(operators, grid, dropPath, StepListener.NONE);
    }

    /** A training pass that reports its phases. */
    public Pass(Operators operators, PatchGrid grid, DropPath dropPath, StepListener listener) {
        this(operators, grid, dropPath, new PhaseTracker(listener), false, MOMENTUM);
    }

    private Pass(
            Operators operators,
            PatchGrid grid,
            DropPath dropPath,
            PhaseTracker phases,
            boolean inference,
            double momentum) {
        this.operators = operators;
        this.grid = grid;
        this.phases = phases;
        this.tables = new DeviceTables(operators, grid, phases);
        this.dropPath = dropPath;
        this.inference = inference;
        this.momentum = momentum;
    }

    /** A pass in which norms use their running statistics, and nothing changes. */
    public static Pass inference(Operators operators, PatchGrid grid) {
        return new Pass(
                operators, grid, DropPath.OFF, new PhaseTracker(StepListener.NONE), true, MOMENTUM);
    }

    /**
     * A pass that updates running statistics and nothing else.
     *
     * @param momentum weight of the batch's statistics in the new running ones, above 0, at most 1
     */
    public static Pass calibration(Operators operators, PatchGrid grid, double momentum) {
        return new Pass(
                operators,
                grid,
                DropPath.OFF,
                new PhaseTracker(StepListener.NONE),
                false,
                momentum);
    }

    /**
     * This pass over all patches of its images, for layers that are given whole images. Those must
     * have neither batch norms nor drop-path.
     */
    public Pass dense() {
        PatchGrid all = PatchGrid.dense(grid.geometry(), grid.images());
        return new Pass(operators, all, DropPath.OFF, phases, inference, momentum);
    }

    /** Weight of the batch's statistics in the new running ones. */
    double momentum() {
        return momentum;
    }

    /** Whether norms use their running statistics instead of the batch's own. */
    boolean isInference() {
        return inference;
    }

    /**
     * Whether outputs of norms and activations are released after use and recomputed in the
     * backward pass (activation checkpointing).
     */
    boolean recomputes() {
        return !inference && operators.recomputes();
    }

    /** Begins a phase. */
    public void enter(Phase next) {
        phases.enter(next);
    }

    /** Operators whose results belong to this pass. */
    public Operators operators() {
        return operators;
    }

    /** Which patches are active. */
    public PatchGrid grid() {
        return grid;
    }

    /** Index tables of the batch. */
    public DeviceTables tables() {
        return tables;
    }

    /** Whether a residual branch of this drop-path rate is dropped for some images in this pass. */
    public boolean drops(double rate) {
        return dropPath.enabled() && rate > 0;
    }

    /**
     * Factors of a residual branch: 0 for images that drop it, 1 / (1 − rate) for the others.
     *
     * @param block number of the block
     * @param like rows that will be scaled
     * @return [active patches], in the rows' number format or a finer one
     */
    public NDArray dropFactors(int block, double rate, NDArray like) {
        double[] factors = dropPath.factors(block, rate, grid);
        return operators.one("patch_factors", operators.manager().create(factors), like);
    }

    /** Running statistics for this pass to update. */
    RunningStatistics.Update update(RunningStatistics statistics) {
        RunningStatistics.Update update = statistics.begin(operators);
        updates.add(update);
        return update;
    }

    /** The running statistics that this pass computed, by their names; they belong to the pass. */
    public Map<String, NDArray> statistics() {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        for (RunningStatistics.Update update : updates) {
            arrays.put(update.of().name() + RunningStatistics.MEAN, update.mean());
            arrays.put(update.of().name() + RunningStatistics.VARIANCE, update.variance());
        }
        return arrays;
    }

    /** Makes the running statistics that this pass computed the network's own. */
    public void adoptStatistics() {
        updates.forEach(update -> update.adopt(operators));
        updates.clear();
    }
}
