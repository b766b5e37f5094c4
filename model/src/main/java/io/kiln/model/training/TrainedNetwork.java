package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.layers.DropPath;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.WeightFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Encoder and decoder as a version publishes them, to measure and not to train: no optimiser, no
 * drop-path. Where the training state holds an average of the weights or a finished annealing
 * branch, that is what was published. Not thread-safe.
 */
public final class TrainedNetwork implements AutoCloseable {
    private final NDManager manager;
    private final SparkModel model;
    private final PixelInput pixels;
    private final Precision precision;
    private final Kernels kernels;
    private boolean derived; // from the trained weights, as an average is

    private TrainedNetwork(
            NDManager manager,
            Architecture architecture,
            Normalisation normalisation,
            Precision precision,
            Kernels kernels) {
        this.manager = manager;
        this.precision = precision;
        this.kernels = kernels;
        this.model =
                new SparkModel(architecture, Weights.toBeLoaded(manager, precision.dataType()));
        this.pixels = new PixelInput(manager, normalisation, precision);
    }

    /**
     * Opens what a trainer saved.
     *
     * @param state file of role TRAINING_STATE
     * @param normalisation of the pixels
     * @param kernels how convolutions on maps are computed
     * @param device cpu, gpu or gpu:N
     * @throws WeightFileException if it is no training state, or not one of this architecture
     * @throws IOException if it cannot be read
     */
    public static TrainedNetwork open(
            Path state,
            Architecture architecture,
            Normalisation normalisation,
            Kernels kernels,
            String device)
            throws IOException {
        NDManager manager = Libtorch.load().newBaseManager(Libtorch.device(device));
        try (SafeTensorsFile file = SafeTensorsFile.open(state)) {
            TrainedNetwork network =
                    new TrainedNetwork(
                            manager, architecture, normalisation, precision(file), kernels);
            network.load(file);
            return network;
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private static Precision precision(SafeTensorsFile file) {
        String name = file.metadata().getOrDefault("precision", "nothing");
        for (Precision precision : Precision.values()) {
            if (precision.name().equals(name)) {
                return precision;
            }
        }
        throw new WeightFileException(
                file.path()
                        + " says precision "
                        + name
                        + "; expected a training state with that of its run");
    }

    private void load(SafeTensorsFile file) throws IOException {
        Map<String, NDArray> arrays = NetworkTensors.arrays(model.weights());
        for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
            String name = published(file, entry.getKey());
            derived |= !name.equals(entry.getKey());
            TensorHeader found =
                    file.tensor(name)
                            .orElseThrow(
                                    () ->
                                            new WeightFileException(
                                                    file.path()
                                                            + " does not fit the network: it lacks"
                                                            + " tensor "
                                                            + name));
            if (!found.shape().equals(NetworkTensors.shape(entry.getValue()))) {
                throw new WeightFileException(
                        file.path()
                                + " does not fit the network: tensor "
                                + name
                                + " is "
                                + found.shape()
                                + ", expected "
                                + NetworkTensors.shape(entry.getValue()));
            }
            NetworkTensors.set(entry.getValue(), file.data(name), found.type());
        }
    }

    private static String published(SafeTensorsFile file, String name) {
        return Stream.of(Annealing.name(name), WeightAverage.name(name))
                .filter(other -> file.tensor(other).isPresent())
                .findFirst()
                .orElse(name);
    }

    /**
     * The training loss on a batch, its norms with the batch's own statistics as in a training step
     * (docs/explanation/method.md). Changes nothing.
     *
     * @return mean over the masked patches; empty if the network has batch norms and the batch a
     *     single site at the smallest scale, for which they are not defined
     * @throws IllegalArgumentException if the batch has other channels than the network
     */
    public OptionalDouble loss(MaskedBatch batch) {
        requireChannels(batch.grid());
        return model.architecture().family().usesBatchNorm()
                        && batch.grid().sites(InputGeometry.STRIDE) < 2
                ? OptionalDouble.empty()
                : loss(batch, operators -> new Pass(operators, batch.grid(), DropPath.OFF));
    }

    /**
     * The same with running statistics, those that training has kept: no image matters to the loss
     * of another. Changes nothing.
     *
     * @return mean over the masked patches; empty if the network has no batch norms, or its weights
     *     are an average, which has no running statistics of its own
     * @throws IllegalArgumentException if the batch has other channels than the network
     */
    public OptionalDouble runningLoss(MaskedBatch batch) {
        requireChannels(batch.grid());
        return derived || model.weights().statistics().isEmpty()
                ? OptionalDouble.empty()
                : loss(batch, operators -> Pass.inference(operators, batch.grid()));
    }

    private void requireChannels(PatchGrid grid) {
        if (grid.geometry().channels() != model.architecture().channels()) {
            throw new IllegalArgumentException(
                    "the batch has images of "
                            + grid.geometry()
                            + "; expected "
                            + model.architecture().channels()
                            + " channels");
        }
    }

    private OptionalDouble loss(MaskedBatch batch, Function<Operators, Pass> begin) {
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators = new Operators(scratch, precision.mixed(), kernels);
            Pass pass = begin.apply(operators);
            NDArray loss = model.forward(pixels.patches(batch, operators), pass).loss();
            return OptionalDouble.of(NetworkTensors.doubles(loss)[0]);
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
