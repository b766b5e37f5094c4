package io.kiln.verification.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.Patches;
import io.kiln.model.layers.DropPath;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.ForwardResult;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.verification.golden.Comparison.Limited;
import io.kiln.verification.masked.Implementation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One forward and backward pass against the reference: features, maps, reconstruction, loss,
 * gradients, statistics, image.
 */
final class ForwardCheck {
    private final GoldenCase golden;
    private final Precision precision;
    private final Implementation implementation;
    private final List<Comparison> comparisons = new ArrayList<>();

    private ForwardCheck(GoldenCase golden, Precision precision, Implementation implementation) {
        this.golden = golden;
        this.precision = precision;
        this.implementation = implementation;
    }

    static List<Comparison> run(
            GoldenCase golden, Precision precision, Implementation implementation)
            throws IOException {
        ForwardCheck check = new ForwardCheck(golden, precision, implementation);
        try (NDManager manager = Libtorch.load().newBaseManager()) {
            check.compute(manager);
        }
        return check.comparisons;
    }

    private void compute(NDManager manager) throws IOException {
        Weights weights =
                new Weights(manager, precision.dataType(), 0, implementation.convolutions());
        SparkModel model = new SparkModel(golden.architecture(), weights);
        golden.load("weights.", weights);
        NormalisedBatch batch =
                NormalisedBatch.of(
                        golden.geometry(),
                        golden.batch(),
                        golden.values("input"),
                        golden.values("active"));
        Operators operators = new Operators(manager, false, implementation.kernels());
        Pass pass = new Pass(operators, batch.grid(), DropPath.OFF);
        Patches patches = batch.toPatches(manager, precision.dataType());

        ForwardResult result = model.forward(patches, pass);
        for (int stage = 0; stage < Architecture.STAGES; stage++) {
            compare(
                    "features",
                    "features." + stage,
                    scattered(result.features().get(stage), batch.grid(), 4 << stage));
            if (model.architecture().decoder() == DecoderKind.UNET) {
                compare("densified", "densified." + stage, planes(result.maps().get(stage)));
            }
        }
        compare("reconstruction", "reconstruction", planes(result.reconstruction()));
        compare("loss", "loss", NetworkTensors.doubles(result.loss()));
        compare("visualised", "visualised", planes(model.visualise(result, patches, pass)));

        result.backward();
        pass.adoptStatistics();
        Map<String, NDArray> gradients = new HashMap<>();
        weights.parameters().forEach((Parameter p) -> gradients.put(p.name(), p.gradient()));
        compareAll("grads", gradients);
        compareAll("stats", NetworkTensors.arrays(weights));
    }

    /**
     * A map [images, height, width, channels] in the order of [images, channels, height, width].
     */
    private static double[] planes(NDArray map) {
        return NetworkTensors.doubles(map.transpose(0, 3, 1, 2));
    }

    private void compareAll(String group, Map<String, NDArray> arrays) throws IOException {
        for (String name : golden.below(group + ".")) {
            NDArray array = arrays.get(name);
            if (array == null) {
                throw new IllegalArgumentException(
                        "the case has " + group + "." + name + ", the network has no " + name);
            }
            compare(group, group + "." + name, NetworkTensors.doubles(array));
        }
    }

    private void compare(String group, String tensor, double[] values) throws IOException {
        comparisons.add(
                Comparison.of(
                        group,
                        tensor,
                        values,
                        golden.values(tensor),
                        golden.tolerance(precision, group),
                        Limited.RELATIVE));
    }

    /**
     * Rows [sites, channels] as the dense map [images, channels, height, width], 0 where nothing is
     * active.
     */
    private static double[] scattered(NDArray rows, PatchGrid grid, int stride) {
        double[] values = NetworkTensors.doubles(rows);
        int channels = Math.toIntExact(rows.getShape().get(1));
        int side = grid.side(stride);
        int plane = grid.height() * side * grid.width() * side;
        double[] map = new double[grid.images() * channels * plane];
        int[] sites = grid.tables().sites(side);
        for (int row = 0; row < sites.length; row++) {
            int image = sites[row] / plane;
            for (int c = 0; c < channels; c++) {
                map[(image * channels + c) * plane + sites[row] % plane] =
                        values[row * channels + c];
            }
        }
        return map;
    }
}
