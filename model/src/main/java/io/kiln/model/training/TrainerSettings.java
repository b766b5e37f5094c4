package io.kiln.model.training;

import ai.djl.Device;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.network.Architecture;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Precision;
import java.util.Optional;

/**
 * Everything that training depends on besides the batches.
 *
 * @param architecture of the network
 * @param geometry of its input
 * @param normalisation of its pixels
 * @param optimiser settings of LAMB
 * @param schedule learning rate and weight decay over the steps
 * @param precision number format
 * @param device cpu, gpu or gpu:N
 * @param kernels how convolutions on maps are computed
 * @param seed of the first weights and of drop-path
 * @param average of the weights, which follows them; empty for none
 * @param annealing branches that end with a low learning rate; empty for none
 */
public record TrainerSettings(
        Architecture architecture,
        InputGeometry geometry,
        Normalisation normalisation,
        OptimiserSettings optimiser,
        Schedule schedule,
        Precision precision,
        String device,
        Kernels kernels,
        long seed,
        Optional<AverageSettings> average,
        Optional<AnnealingSettings> annealing) {
    /** Without an average of the weights and without annealing. */
    public TrainerSettings(
            Architecture architecture,
            InputGeometry geometry,
            Normalisation normalisation,
            OptimiserSettings optimiser,
            Schedule schedule,
            Precision precision,
            String device,
            Kernels kernels,
            long seed) {
        this(
                architecture,
                geometry,
                normalisation,
                optimiser,
                schedule,
                precision,
                device,
                kernels,
                seed,
                Optional.empty(),
                Optional.empty());
    }

    public TrainerSettings {
        int channels = architecture.channels();
        if (geometry.channels() != channels || normalisation.channels() != channels) {
            throw new IllegalArgumentException(
                    "the network has "
                            + channels
                            + " channels, its input "
                            + geometry.channels()
                            + " and its normalisation "
                            + normalisation.channels()
                            + "; expected the same number");
        }
        if (average.isPresent() && annealing.isPresent()) {
            throw new IllegalArgumentException(
                    "an average and annealing are not allowed together; expected one of them, since"
                            + " it is what is published");
        }
        if (!device.matches("cpu|gpu(:\\d{1,3})?")) {
            throw new IllegalArgumentException(
                    "device \"" + device + "\" is not allowed; expected cpu, gpu or gpu:N");
        }
    }

    /** The same with an average of the weights. */
    public TrainerSettings averaged(AverageSettings settings) {
        return with(Optional.of(settings), annealing);
    }

    /** The same with annealing branches. */
    public TrainerSettings annealed(AnnealingSettings settings) {
        return with(average, Optional.of(settings));
    }

    private TrainerSettings with(
            Optional<AverageSettings> averaging, Optional<AnnealingSettings> branches) {
        return new TrainerSettings(
                architecture,
                geometry,
                normalisation,
                optimiser,
                schedule,
                precision,
                device,
                kernels,
                seed,
                averaging,
                branches);
    }

    /** The device as the engine names it. */
    Device engineDevice() {
        return Libtorch.device(device);
    }

    /** The grid itself, if its images have the network's geometry. */
    PatchGrid requireGeometry(PatchGrid grid) {
        if (!grid.geometry().equals(geometry)) {
            throw new IllegalArgumentException(
                    "the batch has images of "
                            + grid.geometry()
                            + "; expected the network's input, "
                            + geometry);
        }
        return grid;
    }
}
