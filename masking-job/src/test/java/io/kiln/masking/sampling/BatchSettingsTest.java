package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchSettingsTest {
    private static final BatchSettings DEFAULTS = Plans.of().batchSettings();

    @ParameterizedTest
    @CsvSource({
        "input.height, 224, 448",
        "input.width, 224, 448",
        "input.sampleType, uint8, uint16",
        "input.valueRange, [], '[[0.0, 10.0]]'",
        "masking.seed, 42, 43",
        "masking.maskRatio, 0.6, 0.7",
        "masking.batchSize, 32, 8",
        "masking.views, 1, 2",
        "masking.cropScaleMin, 0.67, 0.5",
        "masking.cropScaleMax, 1.0, 0.9",
        "masking.cropRatioMin, 0.75, 0.5",
        "masking.cropRatioMax, 1.3333333333333333, 2.0",
        "masking.flipProbability, 0.5, 0.0",
        "masking.shuffleBuffer, 0, 10"
    })
    void changedKeyIsNamedWithBothValues(String key, String was, String is) {
        BatchSettings after = settings(key + "=" + is);
        assertThat(DEFAULTS.changesTo(after))
                .containsExactly(key + " was " + was + " and is " + is);
        assertThat(DEFAULTS).isNotEqualTo(after);
    }

    @Test
    void everyChangeIsNamed() {
        BatchSettings after =
                settings("input.height=128", "input.width=64", "input.patch=64", "masking.views=3");
        assertThat(DEFAULTS.changesTo(after))
                .containsExactly(
                        "input.height was 224 and is 128",
                        "input.width was 224 and is 64",
                        "input.patch was 32 and is 64",
                        "masking.views was 1 and is 3");
    }

    @Test
    void channelsAreNamedToo() {
        BatchSettings grey = settings("input.channels=1", "input.mean=[0.5]", "input.std=[0.5]");
        assertThat(DEFAULTS.changesTo(grey)).containsExactly("input.channels was 3 and is 1");
    }

    /** Flink gives null for what the state of an earlier Kiln lacks. */
    @Test
    void stateOfReleaseOneIsOfBytes() {
        BatchSettings before =
                new BatchSettings(
                        224, 224, 3, 32, 42, 0.6, 32, 1, 0.67, 1, 0.75, 4 / 3.0, 0.5, 0, null,
                        null);
        assertThat(before).isEqualTo(DEFAULTS);
    }

    @Test
    void sameSettingsHaveNoChanges() {
        assertThat(DEFAULTS.changesTo(settings("masking.flushAfter=1s"))).isEmpty();
    }

    /** The components' names are part of the state's format and the keys' names. */
    @Test
    void componentsAreKeysOfTheConfiguration() {
        Set<String> keys =
                ConfigKeys.of(KilnConfig.defaults()).stream()
                        .map(ConfigKeys.Entry::path)
                        .filter(path -> path.startsWith("input.") || path.startsWith("masking."))
                        .map(path -> path.substring(path.indexOf('.') + 1))
                        .collect(Collectors.toSet());
        List<String> components =
                Arrays.stream(BatchSettings.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList();
        assertThat(keys).containsAll(components);
    }

    private static BatchSettings settings(String... overrides) {
        return Plans.of(overrides).batchSettings();
    }
}
