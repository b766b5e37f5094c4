package io.kiln.model.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.PreparedBatch;
import io.kiln.model.batch.Reconstruction;
import io.kiln.model.batch.SiteTables;
import io.kiln.model.layers.ConvFactory;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Pass.Draws;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Bf16Support;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Phase;
import io.kiln.model.torch.PhaseListener;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.WeightImport;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A network under training: weights, optimiser and counters. A function of its settings and the
 * batches it is given: on one device, the same batches give the same weights, bit for bit, saved
 * and loaded in between or not. Not thread-safe; several may live in one process.
 */
public final class Trainer implements AutoCloseable {
    private final TrainerSettings settings;
    private final NDManager manager;
    private final SparkModel model;
    private final Lamb lamb;
    private final PixelInput pixels;
    private volatile Set<SiteTables.Key> tablesOfAStep = Set.of();
    private final PhaseListener listener;
    private long step;
    private long samplesSeen;

    /** A network with fresh weights. */
    public Trainer(TrainerSettings settings) {
        this(settings, PhaseListener.NONE);
    }

    /** The same; the listener is told which phase of a step begins. */
    public Trainer(TrainerSettings settings, PhaseListener listener) {
        this(settings, listener, ConvFactory.SPARSE);
    }

    /** The same; the factory makes the convolutions on rows. */
    public Trainer(TrainerSettings settings, PhaseListener listener, ConvFactory convolutions) {
        this(
                settings,
                listener,
                (NDManager manager) ->
                        new Weights(
                                manager,
                                settings.precision().dataType(),
                                settings.seed(),
                                convolutions));
    }

    private Trainer(
            TrainerSettings settings,
            PhaseListener listener,
            Function<NDManager, Weights> weights) {
        this.listener = listener;
        this.settings = settings;
        this.manager = Engine.getEngine("PyTorch").newBaseManager(device(settings.device()));
        this.model = new SparkModel(settings.architecture(), weights.apply(manager));
        this.lamb = new Lamb(settings.optimiser(), model.weights().parameters());
        if (settings.precision().mixed()) {
            Bf16Support.warnIfMissing(settings.device());
        }
        this.pixels = new PixelInput(manager, settings.normalisation(), settings.precision());
    }

    /**
     * Goes on from what {@link #save} wrote; sooner ready than a fresh network that {@link #load}s.
     *
     * @throws io.kiln.model.weights.WeightFileException if it was saved by another version, or for
     *     another network, precision or seed, or the stream breaks off
     */
    public static Trainer restore(TrainerSettings settings, InputStream in) throws IOException {
        Trainer trainer =
                new Trainer(
                        settings,
                        PhaseListener.NONE,
                        (NDManager manager) ->
                                Weights.toBeLoaded(manager, settings.precision().dataType()));
        try {
            trainer.load(in);
            return trainer;
        } catch (IOException | RuntimeException e) {
            trainer.close();
            throw e;
        }
    }

    private static Device device(String name) {
        return name.startsWith("gpu")
                ? Device.gpu(name.length() > 4 ? Integer.parseInt(name.substring(4)) : 0)
                : Device.cpu();
    }

    /**
     * Takes one optimiser step. If loss or gradient is not finite, or the batch has a single site
     * at the smallest scale, over which batch statistics do not exist, nothing changes and the
     * result says skipped.
     *
     * @throws IllegalArgumentException if the batch has another geometry than the settings
     */
    public StepResult step(MaskedBatch batch) {
        return step(new PreparedBatch(batch, new SiteTables(batch.grid())));
    }

    /** The same for a batch that has been prepared. */
    public StepResult step(PreparedBatch prepared) {
        listener.entered(Phase.INDEX);
        MaskedBatch batch = prepared.batch();
        requireGeometry(batch.geometry());
        return step(prepared.tables(), operators -> pixels.patches(batch, operators));
    }

    /**
     * Makes the index tables that the step before needed, in plain Java. On any thread, beside a
     * step.
     */
    public PreparedBatch prepare(MaskedBatch batch) {
        SiteTables tables = new SiteTables(batch.grid());
        tablesOfAStep.forEach(tables::table);
        return new PreparedBatch(batch, tables);
    }

    /** The same for a batch whose pixels are normalised already. */
    public StepResult step(NormalisedBatch batch) {
        listener.entered(Phase.INDEX);
        requireGeometry(batch.geometry());
        return step(new SiteTables(batch.grid()), operators -> pixels.patches(batch, operators));
    }

    private StepResult step(SiteTables tables, Function<Operators, SparkModel.Patches> input) {
        PatchGrid grid = tables.grid();
        double learningRate = settings.schedule().learningRate(step);
        double weightDecay = settings.schedule().weightDecay(step);
        if (!hasBatchStatistics(grid)) {
            return new StepResult(
                    step, samplesSeen, Double.NaN, learningRate, weightDecay, Double.NaN, true);
        }
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators = operators(scratch);
            Pass pass =
                    new Pass(operators, tables, new Draws(settings.seed(), step, true), listener);
            SparkModel.Outcome outcome = model.forward(input.apply(operators), pass);
            outcome.backward().run();
            pass.enter(Phase.OPTIMISER);
            double[] lossAndNorm = lossAndNorm(outcome, operators);
            tablesOfAStep = tables.made();
            boolean finite = Double.isFinite(lossAndNorm[0]) && Double.isFinite(lossAndNorm[1]);
            if (finite) {
                step++;
                samplesSeen += grid.images();
                lamb.step(operators, step, learningRate, weightDecay, lossAndNorm[1]);
                pass.adoptStatistics();
            }
            return new StepResult(
                    step,
                    samplesSeen,
                    lossAndNorm[0],
                    learningRate,
                    weightDecay,
                    lossAndNorm[1],
                    !finite);
        }
    }

    private Operators operators(NDManager scratch) {
        return new Operators(scratch, settings.precision().mixed(), settings.kernels());
    }

    /** The one place of a step that waits for the device. */
    private double[] lossAndNorm(SparkModel.Outcome outcome, Operators operators) {
        List<NDArray> gradients =
                model.weights().parameters().stream().map(Parameter::gradient).toList();
        return NetworkTensors.doubles(operators.one("loss_and_norm", outcome.loss(), gradients));
    }

    private boolean hasBatchStatistics(PatchGrid grid) {
        int side = grid.side(InputGeometry.STRIDE);
        return !settings.architecture().family().usesBatchNorm() || grid.active() * side * side > 1;
    }

    private void requireGeometry(InputGeometry geometry) {
        if (!geometry.equals(settings.geometry())) {
            throw new IllegalArgumentException(
                    "the batch is " + geometry + ", the network's input " + settings.geometry());
        }
    }

    /**
     * Draws what the network fills in, with the batch's own statistics, as in training. Changes
     * nothing.
     *
     * @throws IllegalArgumentException if the batch has another geometry than the settings
     */
    public Reconstruction reconstruct(MaskedBatch batch) {
        requireGeometry(batch.geometry());
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators = operators(scratch);
            Pass pass = new Pass(operators, batch.grid(), Draws.NONE);
            SparkModel.Patches patches = pixels.patches(batch, operators);
            NDArray drawn = model.visualise(model.forward(patches, pass), patches, pass);
            return pixels.reconstruction(batch, drawn);
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

    private TrainerState state() {
        return TrainerState.of(settings, model.weights(), lamb);
    }

    private TrainerState.Counters counters() {
        return new TrainerState.Counters(step, samplesSeen);
    }

    /**
     * Goes on from what {@link #save} wrote.
     *
     * @throws io.kiln.model.weights.WeightFileException if it was saved by another version, or for
     *     another network, precision or optimiser: this trainer is then as it was. If the stream
     *     breaks off in the middle, this trainer must not be used again.
     */
    public void load(InputStream in) throws IOException {
        TrainerState.Counters loaded = state().load(in);
        step = loaded.step();
        samplesSeen = loaded.samplesSeen();
    }

    /**
     * Writes the encoder's weights as safetensors.
     *
     * @param metadata written in its iteration order; must not differ between equal runs
     */
    public void exportEncoder(OutputStream out, WeightNames names, Map<String, String> metadata)
            throws IOException {
        EncoderExport.write(out, settings.architecture(), model.weights(), names, metadata);
    }

    /**
     * Takes over weights from a safetensors file, strictly; the optimiser and the counters stay as
     * they are.
     *
     * @throws io.kiln.model.weights.WeightFileException if the file does not fit; this trainer is
     *     then as it was
     */
    public void importWeights(Path file, WeightImport.Scope scope, WeightNames names)
            throws IOException {
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            WeightImport.load(
                    tensors, settings.architecture().family(), model.weights(), scope, names);
        }
    }

    /** Writes the whole network under the SparK code's names, as safetensors. */
    public void exportNetwork(OutputStream out, Map<String, String> metadata) throws IOException {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        NetworkTensors.arrays(model.weights())
                .forEach((name, array) -> NetworkTensors.add(writer, name, array));
        NetworkTensors.counters(model.weights())
                .forEach((name, statistics) -> writer.add(name, statistics.batches()));
        writer.write(out, metadata);
    }

    /** What this trainer was made with. */
    public TrainerSettings settings() {
        return settings;
    }

    /** The network. */
    public SparkModel model() {
        return model;
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
