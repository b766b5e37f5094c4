package io.kiln.verification.golden;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.WeightFileException;
import io.kiln.verification.masked.Implementation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A folder with case.json and case.safetensors: a network, its input, and what the official code
 * computed.
 */
public final class GoldenCase implements AutoCloseable {
    /** Buffers of the official code that hold nothing; never read. */
    private static final Set<String> DEAD = Set.of("imn_m", "imn_s", "norm_black");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final JsonNode description;
    private final SafeTensorsFile tensors;

    private GoldenCase(Path directory, JsonNode description, SafeTensorsFile tensors) {
        this.directory = directory;
        this.description = description;
        this.tensors = tensors;
    }

    /**
     * Computes a case and compares. The engine runs on one thread meanwhile, as it did for the
     * reference: in single precision the order of sums decides ties of ReLU, and with them single
     * gradients.
     *
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if the case is of a kind that is not the network's, or
     *     incomplete
     */
    public static GoldenReport run(Path directory, Precision precision) throws IOException {
        return run(directory, precision, Implementation.FAST);
    }

    /** The same with a chosen implementation of the convolutions. */
    public static GoldenReport run(
            Path directory, Precision precision, Implementation implementation) throws IOException {
        int threads = EngineThread.spreadOver(1);
        try (GoldenCase golden = open(directory)) {
            List<Comparison> comparisons =
                    switch (golden.kind()) {
                        case "forward" -> ForwardCheck.run(golden, precision, implementation);
                        case "trajectory" -> TrajectoryCheck.run(golden, precision, implementation);
                        default ->
                                throw new IllegalArgumentException(
                                        "kind "
                                                + golden.kind()
                                                + " is not the network's; expected forward or trajectory");
                    };
            return new GoldenReport(golden.name(), precision, comparisons);
        } finally {
            EngineThread.spreadOver(threads);
        }
    }

    private static GoldenCase open(Path directory) throws IOException {
        return new GoldenCase(
                directory,
                description(directory),
                SafeTensorsFile.open(directory.resolve("case.safetensors")));
    }

    /** A case's case.json. */
    private static JsonNode description(Path directory) throws IOException {
        Path file = directory.resolve("case.json");
        try {
            return JSON.readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    file + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** Kind of a case, as its case.json says. */
    public static String kindOf(Path directory) throws IOException {
        return description(directory).path("kind").asText();
    }

    private String kind() {
        return description.path("kind").asText();
    }

    private String name() {
        return String.valueOf(directory.toAbsolutePath().normalize().getFileName());
    }

    Architecture architecture() {
        JsonNode a = description.path("architecture");
        Family family =
                Family.valueOf(
                        a.path("family").asText().toUpperCase(Locale.ROOT).replace('-', '_'));
        DecoderKind decoder =
                DecoderKind.valueOf(a.path("decoder").asText("unet").toUpperCase(Locale.ROOT));
        return new Architecture(
                family,
                integers(a.path("depths")),
                integers(a.path("widths")),
                a.path("stem").asInt(64),
                a.path("layerScale").asDouble(1e-6),
                0,
                a.path("decoderWidth").asInt(),
                a.path("channels").asInt(3),
                decoder);
    }

    InputGeometry geometry() {
        JsonNode a = description.path("architecture");
        int size = a.path("size").asInt();
        return new InputGeometry(
                a.path("height").asInt(size),
                a.path("width").asInt(size),
                a.path("channels").asInt(3),
                a.path("patch").asInt(32));
    }

    int batch() {
        return description.path("architecture").path("batch").asInt();
    }

    JsonNode optimiser() {
        return description.path("optimiser");
    }

    double tolerance(Precision precision, String group) {
        JsonNode tolerance = description.path("tolerance");
        JsonNode single = tolerance.path("float32").path(group);
        return precision == Precision.FP32 && single.isNumber()
                ? single.asDouble()
                : tolerance.path("float64").asDouble();
    }

    double[] values(String name) throws IOException {
        return tensors.doubles(name);
    }

    /** Names of the tensors below a prefix, without it. */
    List<String> below(String prefix) {
        return tensors.tensors().stream()
                .map(TensorHeader::name)
                .filter(n -> n.startsWith(prefix))
                .map(n -> n.substring(prefix.length()))
                .toList();
    }

    /**
     * Sets all weights from the tensors below a prefix.
     *
     * @throws WeightFileException if a name is missing or unexpected, or a shape differs
     */
    void load(String prefix, Weights weights) throws IOException {
        Map<String, NDArray> arrays = NetworkTensors.arrays(weights);
        Map<String, RunningStatistics> counters = NetworkTensors.counters(weights);
        Set<String> missing = new TreeSet<>(arrays.keySet());
        List<String> unexpected = new ArrayList<>();
        for (String name : below(prefix)) {
            NDArray array = arrays.get(name);
            RunningStatistics statistics = counters.get(name);
            missing.remove(name);
            if (array != null) {
                NetworkTensors.set(array, requireSize(name, values(prefix + name), array));
            } else if (statistics != null) {
                statistics.batches((long) values(prefix + name)[0]);
            } else if (!DEAD.contains(name)) {
                unexpected.add(name);
            }
        }
        if (!missing.isEmpty() || !unexpected.isEmpty()) {
            throw new WeightFileException(
                    tensors.path() + ": missing " + missing + ", unexpected " + unexpected);
        }
    }

    private double[] requireSize(String name, double[] values, NDArray array) {
        if (values.length != array.size()) {
            throw new WeightFileException(
                    tensors.path()
                            + ": "
                            + name
                            + " has "
                            + values.length
                            + " values; expected "
                            + array.getShape());
        }
        return values;
    }

    private static List<Integer> integers(JsonNode array) {
        List<Integer> numbers = new ArrayList<>();
        array.forEach(n -> numbers.add(n.asInt()));
        return numbers;
    }

    @Override
    public void close() throws IOException {
        tensors.close();
    }
}
