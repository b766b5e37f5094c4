package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.operations.config.ConfigYaml;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandTest {
    @Test
    void theYamlItPrintsPutsTheSameInForce() {
        List<String> overrides =
                List.of(
                        "masking.maskRatio=0.75",
                        "kafka.properties={client.id: a}",
                        "topics.retention=90m");
        KilnConfig config = KilnConfig.parse("", overrides);
        String yaml = ConfigYaml.of(ConfigKeys.of(config));
        assertThat(KilnConfig.parse(yaml, List.of())).isEqualTo(config);
    }

    @Test
    void theYamlOfTheDefaultsIsTheDefaults() {
        Cli run = Cli.run("config", "--yaml");
        assertThat(run.exitCode()).isZero();
        assertThat(KilnConfig.parse(run.out(), List.of())).isEqualTo(KilnConfig.defaults());
    }

    @Test
    void jsonHasEveryKeyWithValueAndDefaultOfTheirTypes() throws Exception {
        Cli run = Cli.run("config", "--json", "--set", "masking.maskRatio=0.75");
        JsonNode array = new ObjectMapper().readTree(run.out());
        assertThat(array).hasSameSizeAs(ConfigKeys.of(KilnConfig.defaults()));
        for (JsonNode key : array) {
            if (key.path("key").asText().equals("masking.maskRatio")) {
                assertThat(key.path("value").asDouble()).isEqualTo(0.75);
                assertThat(key.path("default").asDouble()).isEqualTo(0.6);
                assertThat(key.path("value").isNumber()).isTrue();
            }
        }
    }

    @Test
    void textMarksWhatIsNotTheDefault() {
        Cli run = Cli.run("config", "--set", "masking.batchSize=16");
        assertThat(run.out())
                .contains("* masking.batchSize: 16")
                .contains("default 32")
                .contains("  masking.views: 1");
        assertThat(run.out().lines().filter(line -> line.startsWith("* ")))
                .containsExactly("* masking.batchSize: 16", "* differs from the default");
    }

    @Test
    void laterOverridesWinOverEarlierOnesAndTheFile(@TempDir Path folder) throws Exception {
        Path file =
                Files.writeString(folder.resolve("kiln.yaml"), "masking:\n  views: 5\n  seed: 7\n");
        Cli run =
                Cli.run(
                        "config",
                        "--yaml",
                        "--config",
                        file.toString(),
                        "--set",
                        "masking.views=2",
                        "--set",
                        "masking.views=3");
        KilnConfig config = KilnConfig.parse(run.out(), List.of());
        assertThat(config.masking().views()).isEqualTo(3);
        assertThat(config.masking().seed()).isEqualTo(7);
    }

    @Test
    void aWrongKeyIsNamedWithWhatMayBeMeantAndTheExitCodeIsTwo() {
        Cli run = Cli.run("config", "--set", "masking.maskratio=0.5");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines())
                .containsExactly(
                        "kiln: --set masking.maskratio: unknown key; did you mean maskRatio?");
    }

    @Test
    void aMissingFileIsNamed() {
        Cli run = Cli.run("config", "--config", "no-such.yaml");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("no-such.yaml").doesNotContain("\tat ");
    }
}
