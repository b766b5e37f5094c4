package io.kiln.model.script;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.network.Architecture;
import io.kiln.model.torch.ScriptModule;
import io.kiln.model.weights.EncoderTensors;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.WeightNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A forward pass under construction. Each layer becomes a submodule with its tensors and a forward
 * method; the root's method calls them in order. Layers are named as the network's authors do;
 * variables hold maps [images, channels, height, width].
 */
final class ScriptCode {
    private static final String WEIGHT = ".weight";

    private final Architecture architecture;
    private final WeightNames names;
    private final Map<String, NDArray> arrays;
    private final Map<String, Long> counters;
    private final ScriptModule root = new ScriptModule();
    private final List<String> lines = new ArrayList<>();
    private final List<String> features = new ArrayList<>();
    private int variables;

    ScriptCode(EncoderTensors encoder, WeightNames names) {
        this.architecture = encoder.architecture();
        this.names = names;
        this.arrays = encoder.arrays();
        this.counters = encoder.counters();
    }

    /** The variable that holds the images. */
    String images() {
        return "images";
    }

    /** Assigns an expression to a new variable. */
    String assign(String expression) {
        String variable = "x" + variables++;
        lines.add("  " + variable + " = " + expression);
        return variable;
    }

    /** A convolution whose weight and, where there is one, bias are the layer's. */
    String conv(String layer, String x, int stride, int padding, int groups) {
        String bias = arrays.containsKey(layer + ".bias") ? "self.bias" : "None";
        return call(
                layer,
                x,
                String.format(
                        "torch.conv2d(x, self.weight, %s, [%d, %d], [%d, %d], [1, 1], %d)",
                        bias, stride, stride, padding, padding, groups));
    }

    /** A linear layer on the last dimension. */
    String linear(String layer, String x) {
        boolean matrix = shape(layer + WEIGHT).dimension() == 2;
        String weight = matrix ? "self.weight" : "torch.flatten(self.weight, 1)";
        return call(layer, x, "torch.linear(x, " + weight + ", self.bias)");
    }

    /** ConvNeXt V2's norm of maps [images, height, width, channels], over the sites of an image. */
    String responseNorm(String layer, String x) {
        String gamma = parameter(layer + ".gamma");
        String beta = parameter(layer + ".beta");
        String norms = assign("torch.linalg_vector_norm(" + x + ", 2, [1, 2], True)");
        String mean = assign("torch.add(torch.mean(" + norms + ", [-1], True), 1.0e-6)");
        String scaled = assign("torch.mul(" + x + ", torch.div(" + norms + ", " + mean + "))");
        return add(x, assign("torch.addcmul(" + beta + ", " + gamma + ", " + scaled + ")"));
    }

    String batchNorm(String layer, String x) {
        return call(
                layer,
                x,
                "torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var,"
                        + " self.training, 0.1, 1.0e-5, True)");
    }

    /** A layer norm over the last dimension. */
    String layerNorm(String layer, String x) {
        long channels = array(layer + WEIGHT).size();
        return call(
                layer,
                x,
                "torch.layer_norm(x, [" + channels + "], self.weight, self.bias, 1.0e-6, True)");
    }

    /** A layer norm over the channels of maps. */
    String layerNormOfMaps(String layer, String x) {
        return channelsFirst(layerNorm(layer, channelsLast(x)));
    }

    String channelsLast(String x) {
        return assign("torch.permute(" + x + ", [0, 2, 3, 1])");
    }

    String channelsFirst(String x) {
        return assign("torch.permute(" + x + ", [0, 3, 1, 2])");
    }

    String relu(String x) {
        return assign("torch.relu(" + x + ")");
    }

    /** x times a parameter that is no layer's weight, along the last dimension. */
    String scale(String parameter, String x) {
        return assign("torch.mul(" + x + ", " + parameter(parameter) + ")");
    }

    String add(String a, String b) {
        return assign("torch.add(" + a + ", " + b + ")");
    }

    /** Marks a variable as the features of the next stage. */
    void feature(String x) {
        features.add(x);
    }

    /** The module whose forward method has been written; its last output is the embedding. */
    ScriptModule finish() {
        features.add(embedding(features.get(features.size() - 1)));
        StringBuilder method =
                new StringBuilder("def forward(self, images: Tensor) -> List[Tensor]:\n");
        lines.forEach(line -> method.append(line).append('\n'));
        method.append("  return [").append(String.join(", ", features)).append("]\n");
        root.methods(method.toString());
        return root;
    }

    private String embedding(String x) {
        String mean = assign("torch.mean(" + x + ", [2, 3])");
        if (!architecture.family().isConvNext()) {
            return mean;
        }
        int width = architecture.widths().get(Architecture.STAGES - 1);
        return assign("torch.layer_norm(" + mean + ", [" + width + "], None, None, 1.0e-6, True)");
    }

    /** Adds a parameter of the network where its name says; returns how the code names it. */
    private String parameter(String official) {
        String path = names.of(official, architecture.family());
        int dot = path.lastIndexOf('.');
        root.at(path.substring(0, dot))
                .parameter(path.substring(dot + 1), array(official), shape(official));
        return ScriptModule.expression(path);
    }

    private String call(String layer, String x, String body) {
        String named = names.of(layer + WEIGHT, architecture.family());
        String path = named.substring(0, named.length() - WEIGHT.length());
        ScriptModule module = root.at(path);
        tensors(layer, module);
        module.methods("def forward(self, x: Tensor) -> Tensor:\n  return " + body + "\n");
        return assign("(" + ScriptModule.expression(path) + ").forward(" + x + ", )");
    }

    private void tensors(String layer, ScriptModule module) {
        for (String name : List.of("weight", "bias")) {
            String official = layer + "." + name;
            NDArray values = arrays.get(official);
            if (values != null) {
                module.parameter(name, values, shape(official));
            }
        }
        Long batches = counters.get(layer + ".num_batches_tracked");
        if (batches != null) {
            module.buffer("running_mean", array(layer + RunningStatistics.MEAN));
            module.buffer("running_var", array(layer + RunningStatistics.VARIANCE));
            module.buffer("num_batches_tracked", batches);
        }
    }

    /** Of a parameter, as the style has it. */
    private Shape shape(String official) {
        List<Long> shape = NetworkTensors.shape(array(official));
        return new Shape(names.shape(official, architecture, shape));
    }

    private NDArray array(String name) {
        NDArray array = arrays.get(name);
        if (array == null) {
            throw new IllegalStateException("the encoder has no weight " + name);
        }
        return array;
    }
}
