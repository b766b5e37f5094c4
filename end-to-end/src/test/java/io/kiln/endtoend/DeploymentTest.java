package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.kiln.config.KilnConfig;
import io.kiln.operations.doctor.Doctor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The containers run what the build was made against. */
class DeploymentTest {
    private static final Path ROOT = Path.of("..");

    private static JsonNode compose() throws IOException {
        return new YAMLMapper().readTree(ROOT.resolve("docker-compose.yml").toFile());
    }

    private static String version(String property) throws IOException {
        String pom = Files.readString(ROOT.resolve("pom.xml"));
        Matcher matcher = Pattern.compile("<" + property + ">([^<]+)<").matcher(pom);
        assertThat(matcher.find()).as(property).isTrue();
        return matcher.group(1);
    }

    @Test
    void imagesHaveTheVersionsOfThePom() throws IOException {
        JsonNode services = compose().path("services");
        assertThat(services.at("/broker/image").asText())
                .isEqualTo("apache/kafka:" + version("kafka.version"));
        assertThat(services.at("/registry/image").asText())
                .isEqualTo("apicurio/apicurio-registry:" + version("apicurio.version"));
        assertThat(compose().at("/services/topics/build/args/FLINK_VERSION").asText())
                .isEqualTo(version("flink.version"));
        assertThat(Files.readString(ROOT.resolve("deploy/Dockerfile")))
                .contains("ARG FLINK_VERSION=" + version("flink.version"));
    }

    @Test
    void portsArePublishedOnThisMachineAloneAndJarsCannotBeUploaded() throws IOException {
        List<String> ports =
                compose().findValues("ports").stream().map(p -> p.path(0).asText()).toList();
        assertThat(ports).hasSize(5).allMatch(port -> port.startsWith("127.0.0.1:"));
        assertThat(compose().at("/services/jobmanager/environment/FLINK_PROPERTIES").asText())
                .contains("web.submit.enable: false");
    }

    /** Flink's image runs as flink, and its entry point drops no rights. */
    @Test
    void theVolumeBelongsToFlinkAndSoDoItsProcesses() throws IOException {
        List<String> lines =
                Files.readAllLines(ROOT.resolve("deploy/Dockerfile")).stream()
                        .filter(line -> line.matches("(USER|RUN) .*"))
                        .toList();
        assertThat(lines)
                .containsExactly(
                        "USER root", "RUN mkdir -p /data && chown flink:flink /data", "USER flink");
    }

    @Test
    void oneServiceBuildsTheImage() throws IOException {
        assertThat(compose().path("services").findValues("build")).hasSize(1);
        assertThat(compose().at("/x-flink").has("build")).isFalse();
    }

    /** The registry makes its journal with the broker's defaults, and is empty without it. */
    @Test
    void theJournalOfTheRegistryIsKept() throws IOException {
        JsonNode services = compose().path("services");
        assertThat(services.at("/registry/environment/APICURIO_STORAGE_KIND").asText())
                .isEqualTo("kafkasql");
        assertThat(services.at("/broker/environment/KAFKA_LOG_RETENTION_MS").asText())
                .isEqualTo("-1");
    }

    @Test
    void theBrokerWritesToItsVolume() throws IOException {
        JsonNode broker = compose().at("/services/broker");
        String logs = broker.at("/environment/KAFKA_LOG_DIRS").asText();
        assertThat(broker.at("/volumes/0").asText()).isEqualTo("kafka:" + logs);
        assertThat(compose().path("volumes").has("kafka")).isTrue();
    }

    @Test
    void configurationOfTheContainersIsValid() {
        KilnConfig config = KilnConfig.load(ROOT.resolve("deploy/kiln.yaml"), List.of());
        assertThat(config.kafka().bootstrapServers()).isEqualTo("broker:9092");
    }

    @Test
    void theContainersTrainTheDemosNetwork() throws IOException {
        KilnConfig containers = KilnConfig.load(ROOT.resolve("deploy/kiln.yaml"), List.of());
        Path demo = ROOT.resolve("demo/src/main/resources/io/kiln/demo/demo.yaml");
        KilnConfig small = KilnConfig.load(demo, List.of("input.height=64", "input.width=64"));
        assertThat(containers.model()).isEqualTo(small.model());
        assertThat(containers.input()).isEqualTo(small.input());
        assertThat(containers.training().schedule()).isEqualTo(small.training().schedule());
    }

    /** The launcher builds Kiln if there is no kiln.jar. */
    @Test
    void theJarIsMadeAfterItsLibrariesWereCopied() throws IOException {
        assertThat(Files.readString(ROOT.resolve("kiln"))).contains("cli/target/kiln.jar\" ]");
        assertThat(Files.readString(ROOT.resolve("cli/pom.xml")))
                .contains("<includes><include>kiln.jar</include></includes>")
                .containsPattern("<id>copy-libraries</id>\\s*<phase>prepare-package</phase>");
    }

    @Test
    void imageAndLauncherSetTheAllocatorAsTheDoctorAdvises() throws IOException {
        for (String file : List.of("deploy/Dockerfile", "kiln")) {
            assertThat(Files.readString(ROOT.resolve(file))).as(file).contains(Doctor.TUNABLES);
        }
        assertThat(Doctor.TUNABLES).startsWith(version("glibc.tunables"));
        assertThat(Files.readString(ROOT.resolve("deploy/Dockerfile")))
                .contains("DISABLE_JEMALLOC=true", "DJL_OFFLINE=true");
    }
}
