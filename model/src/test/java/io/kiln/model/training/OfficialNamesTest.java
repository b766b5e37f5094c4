package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.PublishedArchitectures;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Names, shapes, weight decay and drop-path of published networks, where names.json of the golden
 * cases is.
 */
class OfficialNamesTest {
    private static final Path FILE =
            Path.of(System.getProperty("kiln.golden", "../../shared/golden"), "names.json");
    private static final Set<String> DEAD = Set.of("imn_m", "imn_s", "norm_black");

    @ParameterizedTest
    @ValueSource(strings = {"resnet50", "resnet152", "convnext_tiny", "convnext_base"})
    void stateIsTheOfficialOneNameForName(String name) throws IOException {
        requireOfficialState(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet101", "resnet200", "convnext_small", "convnext_large"})
    @EnabledIfSystemProperty(named = "kiln.large", matches = "true")
    void soItIsOfTheOthers(String name) throws IOException {
        requireOfficialState(name);
    }

    private static void requireOfficialState(String name) throws IOException {
        assumeTrue(
                Files.exists(FILE),
                "no names.json beside the golden cases in " + FILE.toAbsolutePath());
        JsonNode official = new ObjectMapper().readTree(FILE.toFile()).path(name);
        Architecture architecture = PublishedArchitectures.named(name, 768, 3);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = new Weights(manager, Precision.FP32.dataType(), 0);
            new SparkModel(architecture, weights);
            assertThat(shapes(weights)).isEqualTo(shapes(official.path("state")));
            List<String> noDecay = new ArrayList<>();
            official.path("noDecay").forEach(n -> noDecay.add(n.asText()));
            assertThat(weights.parameters().stream().filter(p -> !p.decays()).map(Parameter::name))
                    .containsExactlyInAnyOrderElementsOf(noDecay);
        }
        int block = 1; // the first block's rate is 0, which the official code leaves out
        for (JsonNode rate : official.path("dropPath")) {
            assertThat(architecture.dropPathRate(block++)).isCloseTo(rate.asDouble(), within(1e-7));
        }
        assertThat(block).isEqualTo(architecture.blocks());
    }

    private static TreeMap<String, String> shapes(Weights weights) {
        TreeMap<String, String> shapes = new TreeMap<>();
        NetworkTensors.arrays(weights)
                .forEach(
                        (n, array) ->
                                shapes.put(
                                        n,
                                        java.util.Arrays.toString(array.getShape().getShape())
                                                .replace(" ", "")));
        NetworkTensors.counters(weights).keySet().forEach(n -> shapes.put(n, "[]"));
        return shapes;
    }

    private static TreeMap<String, String> shapes(JsonNode state) {
        TreeMap<String, String> shapes = new TreeMap<>();
        state.properties().stream()
                .filter(e -> !DEAD.contains(e.getKey()))
                .forEach(e -> shapes.put(e.getKey(), e.getValue().toString()));
        return shapes;
    }
}
