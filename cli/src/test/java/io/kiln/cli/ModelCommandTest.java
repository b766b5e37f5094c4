package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.operations.console.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ModelCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine kiln = Kiln.commandLine();
        kiln.setOut(new PrintWriter(out));
        kiln.setErr(new PrintWriter(err));
        return kiln.execute(arguments);
    }

    @Test
    void publishedNetworksAreListed() {
        assertThat(run("model", "list")).isZero();
        assertThat(out.toString())
                .contains(
                        "resnet50",
                        "resnet200",
                        "convnext_large",
                        "convnextv2_atto",
                        "[3, 4, 6, 3]");
    }

    @Test
    void costsAreOneObjectForScripts() throws Exception {
        assertThat(run("model", "describe", "resnet50", "--json")).isZero();
        var costs = Json.MAPPER.readTree(out.toString());
        assertThat(costs.path("parameters").asLong()).isEqualTo(52_921_835);
        assertThat(costs.path("sparseEncoderMacs").asLong())
                .isLessThan(costs.path("encoderMacs").asLong());
    }

    @ParameterizedTest
    @CsvSource({
        "vit, 224, 0.6, known: convnext_base",
        "resnet50, 100, 0.6, height 100 is not allowed",
        "resnet50, 64, 0.95, keeps 0 of 4 patches"
    })
    void wrongUseSaysWhatIsAllowed(String name, String size, String maskRatio, String expected) {
        assertThat(run("model", "describe", name, "--size", size, "--mask-ratio", maskRatio))
                .isEqualTo(2);
        assertThat(err.toString()).contains(expected);
    }
}
