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
        assertThat(plan.grid()).isEqualTo(new GridSize(7, 7, 32, 3));
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
    void rectanglesHaveAGridOfTheirOwn() {
        assertThat(Plans.of("input.height=64", "input.width=192", "input.patch=64").grid())
                .isEqualTo(new GridSize(1, 3, 64, 3));
    }

    @Test
    void patchesHaveAsManyChannelsAsTheInput() {
        MaskingPlan grey = Plans.of("input.channels=1", "input.mean=[0.5]", "input.std=[0.5]");
        assertThat(grey.grid().patchBytes()).isEqualTo(32 * 32);
    }

    @Test
    void batchesThatDoNotFitARecordAreRefusedWithTheLargestThatDoes() {
        assertThatThrownBy(() -> Plans.of("masking.batchSize=300"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("masking.batchSize: 300 images of 224 x 224 pixels")
                .hasMessageContaining("expected at most 221");
        assertThat(Plans.of("masking.batchSize=221").batchSize()).isEqualTo(221);
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
    void plansWithNothingToMaskAreRefused() {
        Augmentation any = Plans.of().augmentation();
        assertThatThrownBy(() -> new MaskingPlan(1, 0.9, 0, new GridSize(2, 2, 32, 3), any, 1, 1))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("masking.maskRatio: 0.9 keeps 0 of 4 patches");
        assertThatThrownBy(() -> new MaskingPlan(1, 0.1, 4, new GridSize(2, 2, 32, 3), any, 1, 1))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("keeps 4 of 4 patches");
    }
}
