package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskingPlanTest {
    @Test
    void publishedPlanKeepsTwentyOf49Patches() {
        MaskingPlan plan = Plans.of();
        assertThat(plan.input().patches()).isEqualTo(49);
        assertThat(plan.keep()).isEqualTo(20);
    }

    @ParameterizedTest
    @CsvSource({
        "64, 0.5, 2",
        "64, 0.6, 2",
        "64, 0.65, 1",
        "96, 0.5, 4",
        "128, 0.6, 6",
        "160, 0.5, 12"
    })
    void halvesAreRoundedToTheEvenNumber(int size, double ratio, int keep) {
        assertThat(
                        Plans.of(
                                        "input.height=" + size,
                                        "input.width=" + size,
                                        "masking.maskRatio=" + ratio)
                                .keep())
                .isEqualTo(keep);
    }

    @Test
    void batchesThatDoNotFitARecordAreRefusedWithTheLargestThatDoes() {
        assertThatThrownBy(() -> Plans.of("masking.batchSize=300"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("masking.batchSize: 300 images of 224 x 224 pixels")
                .hasMessageContaining("expected at most 221");
        assertThat(Plans.of("masking.batchSize=221").masking().batchSize()).isEqualTo(221);
        assertThatThrownBy(() -> Plans.of("masking.batchSize=222"))
                .isInstanceOf(ConfigException.class);
    }

    @Test
    void viewsThatWouldFillTheMemoryAreRefused() {
        assertThatThrownBy(() -> Plans.of("masking.views=1000"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("masking.views: 1000 views of 32 images")
                .hasMessageContaining("or a lower masking.batchSize");
    }

    @Test
    void shuffleBufferThatWouldFillTheMemoryIsRefusedWithTheLargestThatDoesNot() {
        assertThatThrownBy(() -> Plans.of("masking.shuffleBuffer=100000"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("masking.shuffleBuffer: 100000 images can take")
                .hasMessageContaining("expected at most 7081");
        assertThat(Plans.of("masking.shuffleBuffer=7081").masking().shuffleBuffer())
                .isEqualTo(7081);
    }
}
