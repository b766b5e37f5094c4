package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.Patches;
import io.kiln.model.batch.Reconstruction;
import io.kiln.model.batch.TrainingBatch;
import io.kiln.model.layers.ConvFactory;
import io.kiln.model.layers.DropPath;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.ForwardResult;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Bf16Support;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Phase;
import io.kiln.model.torch.PhaseTimes;
import io.kiln.model.torch.StepListener;
import io.kiln.model.weights.NetworkTensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A network under training: weights, optimiser and counters. A function of its settings and the
 * batches it is given: on one processor, the same batches give the same weights, bit for bit, saved
 * and loaded in between or not. On a GPU, libtorch's convolutions on maps may round otherwise each
 * time. Not thread-safe; several may live in one process.
 */
public final class Trainer implements AutoCloseable {
    private final TrainerSettings settings;
    private final NDManager manager;
    private final SparkModel model;
    private final Lamb lamb;
    private final @Nullable WeightAverage average;
    private final PixelInput pixels;
    private final PhaseTimes phases;
    private long step;
    private long samplesSeen;

    /** A network with fresh weights. */
    public Trainer(TrainerSettings settings) {
        this(settings, StepListener.NONE, ConvFactory.SPARSE);
    }

    /**
     * A network with fresh weights.
     *
     * @param listener is told which phase of a step begins
     * @param convolutions makes the convolutions on rows
     */
    public Trainer(TrainerSettings settings, StepListener listener, ConvFactory convolutions) {
        this(
                settings,
                listener,
                (manager, type) -> new Weights(manager, type, settings.seed(), convolutions));
    }

    private Trainer(
            TrainerSettings settings,
            StepListener listener,
            BiFunction<NDManager, DataType, Weights> weights) {
        this.settings = settings;
        this.phases = new PhaseTimes(listener);
        this.manager = Libtorch.load().newBaseManager(settings.engineDevice());
        this.model =
                new SparkModel(
                        settings.architecture(),
                        weights.apply(manager, settings.precision().dataType()));
        this.lamb = new Lamb(settings.optimiser(), model.weights().parameters());
        this.average =
                settings.average().map(s -> new WeightAverage(manager, s, model)).orElse(null);
        this.pixels = new PixelInput(manager, settings.normalisation(), settings.precision());
        if (settings.precision().mixed()) {
            Bf16Support.warnIfMissing(settings.device());
        }
    }

    /**
     * Goes on from what {@link #save} wrote; sooner ready than a fresh network that {@link #load}s.
     *
     * @throws io.kiln.model.weights.WeightFileException if it was saved by another version, or for
     *     another network, precision or seed, or the stream breaks off
     */
    public static Trainer restore(TrainerSettings settings, InputStream in) throws IOException {
        Trainer trainer = new Trainer(settings, StepListener.NONE, Weights::toBeLoaded);
        try {
            trainer.load(in);
            return trainer;
        } catch (IOException | RuntimeException e) {
            trainer.close();
            throw e;
        }
    }

    /**
     * Takes one optimiser step. Skips the batch, and changes nothing, if the loss or a gradient is
     * not finite, or if the batch has a single site at the smallest scale, for which batch norm is
     * not defined.
     *
     * @throws IllegalArgumentException if the batch has another geometry than the settings
     */
    public StepResult step(TrainingBatch batch) {
        phases.entered(Phase.INDEX);
        try {
            return timed(batch);
        } finally {
            phases.stepEnded();
        }
    }

    private StepResult timed(TrainingBatch batch) {
        PatchGrid grid = settings.requireGeometry(batch.grid());
        if (!hasBatchStatistics(settings.architecture(), grid)) {
            return skipped();
        }
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators = operators(scratch);
            DropPath dropPath = new DropPath(settings.seed(), step, true);
            Pass pass = new Pass(operators, grid, dropPath, phases);
            ForwardResult forward = model.forward(pixels.patches(batch, operators), pass);
            forward.backward();
            pass.enter(Phase.OPTIMISER);
            double[] lossAndNorm = lossAndNorm(forward.loss(), operators);
            return update(pass, lossAndNorm[0], lossAndNorm[1]);
        }
    }

    /** Updates weights, statistics and counters, unless the loss or the norm is not finite. */
    private StepResult update(Pass pass, double loss, double gradientNorm) {
        double learningRate = settings.schedule().learningRate(step);
        double weightDecay = settings.schedule().weightDecay(step);
        boolean finite = Double.isFinite(loss) && Double.isFinite(gradientNorm);
        if (finite) {
            step++;
            samplesSeen += pass.grid().images();
            lamb.step(pass.operators(), step, learningRate, weightDecay, gradientNorm);
            pass.adoptStatistics();
            if (average != null) {
                average.follow(pass.operators(), step);
            }
        }
        return new StepResult(
                step, samplesSeen, loss, learningRate, weightDecay, gradientNorm, !finite);
    }

    private StepResult skipped() {
        return new StepResult(
                step,
                samplesSeen,
                Double.NaN,
                settings.schedule().learningRate(step),
                settings.schedule().weightDecay(step),
                Double.NaN,
                true);
    }

    private Operators operators(NDManager scratch) {
        return new Operators(scratch, settings.precision().mixed(), settings.kernels(), phases);
    }

    /** The only place where a step waits for the device. */
    private double[] lossAndNorm(NDArray loss, Operators operators) {
        List<NDArray> gradients =
                model.weights().parameters().stream().map(Parameter::gradient).toList();
        return NetworkTensors.doubles(operators.one("loss_and_norm", loss, gradients));
    }

    /** Batch norm needs two sites at least. */
    static boolean hasBatchStatistics(Architecture network, PatchGrid grid) {
        return !network.family().usesBatchNorm() || grid.sites(InputGeometry.STRIDE) > 1;
    }

    /**
     * Reconstructs the masked patches of a batch, with the batch's own statistics as in training.
     * Changes nothing.
     *
     * @throws IllegalArgumentException if the batch has another geometry than the settings
     */
    public Reconstruction reconstruct(MaskedBatch batch) {
        PatchGrid grid = settings.requireGeometry(batch.grid());
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators = operators(scratch);
            Pass pass = new Pass(operators, grid, DropPath.OFF);
            Patches patches = pixels.patches(batch, operators);
            NDArray images = model.visualise(model.forward(patches, pass), patches, pass);
            return pixels.reconstruction(batch, images);
        }
    }

    /**
     * The encoder for use without a mask: the average's, if there is one. Changes nothing.
     *
     * @param recent images that its norms' running statistics are to be of, whole
     * @throws IllegalArgumentException if the batch has another geometry than the settings
     */
    public WholeImageEncoder encoder(MaskedBatch recent) {
        settings.requireGeometry(recent.grid());
        if (average == null) {
            return WholeImageEncoder.of(manager, model, pixels, recent, settings.kernels());
        }
        try (NDManager scratch = manager.newSubManager()) {
            SparkModel averaged = average.calibrated(recent, pixels, operators(scratch));
            return WholeImageEncoder.of(manager, averaged, pixels, recent, settings.kernels());
        }
    }

    /**
     * Writes everything that training goes on from; a deterministic stream, one tensor at a time.
     */
    public void save(OutputStream out) throws IOException {
        state().save(out, counters());
    }

    /**
     * Copies everything that training goes on from, so that it can be written, on any thread, while
     * training goes on: the same bytes that {@link #save} would write now. Takes as much memory
     * again until it is closed, which may be after this trainer is.
     */
    public TrainerSnapshot snapshot() {
        return state().copy(counters());
    }

    /** Names of weights, running statistics and moments that hold a number that is not finite. */
    public List<String> notFinite() {
        try (NDManager scratch = manager.newSubManager()) {
            return state().notFinite(operators(scratch));
        }
    }

    private TrainerState state() {
        return TrainerState.of(settings, model.weights(), lamb, average);
    }

    private TrainerState.Counters counters() {
        return new TrainerState.Counters(
                step, samplesSeen, average == null ? 0 : average.updates());
    }

    /**
     * Goes on from what {@link #save} wrote, with or without an average of the weights, or with one
     * of another kind, which is passed over.
     *
     * @throws io.kiln.model.weights.WeightFileException if it was saved by another version, or for
     *     another network, precision or optimiser: this trainer is then as it was. If the stream
     *     breaks off in the middle, this trainer must not be used again.
     */
    public void load(InputStream in) throws IOException {
        TrainerState.Counters loaded = state().load(in);
        step = loaded.step();
        samplesSeen = loaded.samplesSeen();
        if (average != null) {
            resume(average, loaded);
        }
    }

    /** An average that the state does not hold begins with the weights that it does hold. */
    private void resume(WeightAverage resumed, TrainerState.Counters loaded) {
        if (loaded.averaged() >= 0) {
            resumed.updates(loaded.averaged());
            return;
        }
        try (NDManager scratch = manager.newSubManager()) {
            resumed.beginAnew(operators(scratch));
        }
    }

    /** What this trainer was made with. */
    public TrainerSettings settings() {
        return settings;
    }

    /** The network. */
    public SparkModel model() {
        return model;
    }

    /** What the phases of its steps have taken so far. */
    public PhaseTimes phases() {
        return phases;
    }

    /** Optimiser steps taken. */
    public long step() {
        return step;
    }

    /** Images trained on, counting repeats. */
    public long samplesSeen() {
        return samplesSeen;
    }

    @Override
    public void close() {
        manager.close();
    }
}
