package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.ConfigException;
import io.kiln.config.KilnConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DemoConfigTest {
    @Test
    void theOptionsShapeTheConfiguration() {
        KilnConfig config = DemoConfig.of(options(200, 96), "host:1", "http://host:2/api");
        assertThat(config.input().height()).isEqualTo(96);
        assertThat(config.input().width()).isEqualTo(96);
        assertThat(config.checkpoints().everySteps()).isEqualTo(50);
        assertThat(config.kafka().bootstrapServers()).isEqualTo("host:1");
        assertThat(config.registry().url()).isEqualTo("http://host:2/api");
        assertThat(config.checkpoints().artifacts()).isEqualTo("file:///a%20b/work/artifacts");
    }

    @Test
    void someImagesAreHeldOutUnlessTheUserWantsNone() {
        assertThat(DemoConfig.of(options(200, 64), "h:1", "http://h").evaluation().holdsOut())
                .isTrue();
        assertThat(
                        DemoConfig.of(
                                        options(200, 64, "evaluation.holdoutShare=0"),
                                        "h:1",
                                        "http://h")
                                .evaluation()
                                .holdsOut())
                .isFalse();
    }

    @Test
    void aFewStepsStillPublish() {
        assertThat(DemoConfig.of(options(1, 64), "h:1", "http://h").checkpoints().everySteps())
                .isEqualTo(1);
    }

    @Test
    void whatTheUserSetsWins() {
        KilnConfig config =
                DemoConfig.of(
                        options(200, 64, "masking.batchSize=8", "input.width=128"),
                        "h:1",
                        "http://h");
        assertThat(config.masking().batchSize()).isEqualTo(8);
        assertThat(config.input().width()).isEqualTo(128);
    }

    @Test
    void aPublishedNetworkTakesThePlaceOfTheDemosOwn() {
        KilnConfig config =
                DemoConfig.of(options(200, 64, "model.architecture=resnet18"), "h:1", "http://h");
        assertThat(config.model().architecture()).isEqualTo("resnet18");
        assertThat(config.model().depths()).isEmpty();
        assertThat(config.model().widths()).isEmpty();
    }

    @Test
    void whatTheUserSetsOfACustomNetworkWins() {
        KilnConfig config =
                DemoConfig.of(
                        options(200, 64, "model.architecture=custom", "model.depths=[2, 2, 2, 2]"),
                        "h:1",
                        "http://h");
        assertThat(config.model().depths()).containsExactly(2, 2, 2, 2);
        assertThat(config.model().widths()).containsExactly(64, 128, 256, 512);
    }

    @Test
    void aKeyThatIsTheDemosOwnIsRefused() {
        assertThatThrownBy(
                        () ->
                                DemoConfig.of(
                                        options(200, 64, "kafka.bootstrapServers=mine:9092"),
                                        "h:1",
                                        "http://h"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("kafka.bootstrapServers=mine:9092")
                .hasMessageContaining("leave it out");
    }

    private static DemoOptions options(int steps, int size, String... overrides) {
        return new DemoOptions(
                Optional.empty(),
                steps,
                size,
                Path.of("/a b/work"),
                Optional.empty(),
                false,
                List.of(overrides),
                false);
    }
}
