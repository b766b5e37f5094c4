package io.kiln.model.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Weights;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.WeightNames;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collection;
import java.util.HexFormat;
import java.util.stream.Collectors;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Names and shapes of timm 1.0.31's {@code convnextv2_*} without head, as a digest of lines "name
 * [sizes]" in alphabetical order:
 *
 * <pre>
 * state = timm.create_model(name, num_classes=0).state_dict()
 * lines = sorted(f"{k} {list(v.shape)}" for k, v in state.items() if not k.startswith("head."))
 * hashlib.sha256("\\n".join(lines).replace(", ", ",").encode()).hexdigest()
 * </pre>
 */
class TimmConvNextV2Test {
    private static final String PREFIX = Encoder.PREFIX + ".";

    @ParameterizedTest
    @CsvSource({
        "atto, 3386760, 41b04bb1364d206e309003e96057672ade918f60aeae788b487955e0046706f8",
        "femto, 4847472, f35b83b04814910c4c77bac5efb1733fcb1d45efb2020bbff60da3ac27ec0d3a",
        "pico, 8552256, b475adea976720fb59dce166eca1b8d3f0bf31e39fd9b6a02c4180bcdafe2eb8",
        "nano, 14981520, 2380c79fdd9f0060344b1998a150a75c46c498f9fd77d02a432006c8fe0bb03c",
        "tiny, 27864960, 8d7c7ad728d981ad69cda33b8ddebb99fac642f072e11737367a70422a9ee744"
    })
    void namesAndShapesAreTimms(String size, long parameters, String sha256) throws Exception {
        requireTimms(size, parameters, sha256);
    }

    @ParameterizedTest
    @EnabledIfSystemProperty(named = "kiln.large", matches = "true")
    @CsvSource({
        "small, 49547904, ede19f81fd99a7801efb83eab15ac6f422455abde655cd06169ad2dabee37e25",
        "base, 87690752, 9739dbd7ad0f5f9d15e9a89bde4d90779fa602a811dfaebbf0f5bfffaf968864",
        "large, 196416768, fd9460474e304b15d68a6d67502f4e075bcc20748323d921b535a85e0c5036aa"
    })
    void soAreThoseOfTheLargerOnes(String size, long parameters, String sha256) throws Exception {
        requireTimms(size, parameters, sha256);
    }

    private static void requireTimms(String size, long parameters, String sha256) throws Exception {
        Architecture network = PublishedArchitectures.named("convnextv2_" + size, 32, 3);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = Weights.toBeLoaded(manager, Precision.FP32.dataType());
            Encoder.of(network, weights);
            Collection<Parameter> all = weights.parameters();
            assertThat(all.stream().mapToLong(p -> p.value().size()).sum()).isEqualTo(parameters);
            String lines =
                    all.stream()
                            .map(parameter -> line(parameter, network))
                            .sorted()
                            .collect(Collectors.joining("\n"));
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(lines.getBytes(StandardCharsets.UTF_8));
            assertThat(HexFormat.of().formatHex(digest)).as(lines).isEqualTo(sha256);
        }
    }

    private static String line(Parameter parameter, Architecture network) {
        String official = parameter.name().substring(PREFIX.length());
        String shape =
                WeightNames.TIMM
                        .shape(official, network, NetworkTensors.shape(parameter.value()))
                        .toString()
                        .replace(" ", "");
        return WeightNames.TIMM.of(official, network.family()) + " " + shape;
    }
}
