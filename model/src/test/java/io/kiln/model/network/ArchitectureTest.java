package io.kiln.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.training.CosineSchedule;
import io.kiln.model.training.InfiniteSchedule;
import io.kiln.model.training.RepeatedCosine;
import io.kiln.model.training.WarmupStableDecay;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void unknownNameListsTheKnownOnes() {
        assertThatThrownBy(() -> PublishedArchitectures.named("vit_base", 768, 3))
                .hasMessageContaining("unknown architecture \"vit_base\"")
                .hasMessageContaining("resnet50")
                .hasMessageContaining("convnext_tiny");
    }

    @Test
    void jsonReadsBackTheSame() {
        Architecture architecture = PublishedArchitectures.named("convnext_small", 512, 4);
        assertThat(Architecture.fromJson(architecture.toJson())).isEqualTo(architecture);
        assertThatThrownBy(() -> Architecture.fromJson("{}"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void jsonNamesTheDecoderUnlessItIsSparks() {
        Architecture spark = PublishedArchitectures.named("resnet50", 768, 3);
        assertThat(spark.toJson()).doesNotContain("decoder\"");
        assertThat(Architecture.fromJson(spark.toJson()).decoder()).isEqualTo(DecoderKind.UNET);
        Architecture block = spark.withDecoder(DecoderKind.BLOCK);
        assertThat(block.toJson()).contains("\"decoder\":\"BLOCK\"");
        assertThat(Architecture.fromJson(block.toJson())).isEqualTo(block);
    }

    @Test
    void dropPathRisesLinearlyFromZero() {
        Architecture resnet50 = PublishedArchitectures.named("resnet50", 768, 3);
        assertThat(resnet50.dropPathRate(0)).isZero();
        assertThat(resnet50.dropPathRate(1)).isCloseTo(0.05 / 15, within(1e-12));
        assertThat(resnet50.dropPathRate(15)).isCloseTo(0.05, within(1e-12));
    }

    @Test
    void sizesThatDoNotFitAreRefusedWithWhatIsAllowed() {
        assertThatThrownBy(() -> new InputGeometry(100, 96, 3, 32))
                .hasMessageContaining("height 100")
                .hasMessageContaining("multiple");
        assertThatThrownBy(() -> new InputGeometry(96, 96, 3, 48))
                .hasMessageContaining("patch 48")
                .hasMessageContaining("32, 64 or 128");
        assertThatThrownBy(
                        () ->
                                new Architecture(
                                        Family.CONVNEXT,
                                        List.of(1, 1, 1),
                                        List.of(8, 8, 8, 8),
                                        8,
                                        0,
                                        0,
                                        32,
                                        3))
                .hasMessageContaining("depths [1, 1, 1]");
        assertThatThrownBy(
                        () ->
                                new Architecture(
                                        Family.CONVNEXT,
                                        List.of(1, 1, 1, 1),
                                        List.of(8, 8, 8, 8),
                                        8,
                                        0,
                                        0,
                                        40,
                                        3))
                .hasMessageContaining("decoderWidth 40");
    }

    @Test
    void maskThatLeavesNothingIsRefused() {
        InputGeometry geometry = new InputGeometry(64, 64, 3, 32);
        assertThatThrownBy(() -> PatchGrid.of(geometry, 1, new int[0]))
                .hasMessageContaining("at least one active");
        int[] all = {0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1};
        assertThatThrownBy(() -> PatchGrid.of(geometry, 1, all)).hasMessageContaining("one masked");
        assertThatThrownBy(() -> PatchGrid.of(geometry, 1, new int[] {0, 0, 2}))
                .hasMessageContaining("(0, 0, 2)");
        assertThatThrownBy(() -> PatchGrid.of(geometry, 1, new int[] {0, 1, 0, 0, 0, 0}))
                .hasMessageContaining("order");
    }

    @Test
    void schedulesAreThePublishedOnes() {
        CosineSchedule cosine = new CosineSchedule(0.0032, 200, 2000, 0.04, 0.2);
        assertThat(cosine.learningRate(0)).isCloseTo(1.6e-5, within(1e-15));
        assertThat(cosine.learningRate(40)).isCloseTo(0.0006528, within(1e-15));
        assertThat(cosine.learningRate(200)).isCloseTo(0.0032, within(1e-15));
        assertThat(cosine.learningRate(240)).isCloseTo(0.003196102049841384, within(1e-15));
        assertThat(cosine.learningRate(1999)).isCloseTo(3.2e-6, within(1e-15));
        assertThat(cosine.weightDecay(40)).isCloseTo(0.04015801965391047, within(1e-15));
        assertThat(cosine.weightDecay(1999)).isCloseTo(0.2, within(1e-15));
        assertThat(new CosineSchedule(1, 0, 1, 0.1, 0.2).learningRate(0))
                .isCloseTo(0.001, within(1e-15));
        assertThat(new CosineSchedule(1, 4, 5, 0.1, 0.2).learningRate(4))
                .isCloseTo(0.001, within(1e-15));

        RepeatedCosine repeated = new RepeatedCosine(0.0032, 200, 2000, 0.04);
        for (long step : new long[] {0, 40, 240, 1999}) {
            assertThat(repeated.learningRate(step)).isEqualTo(cosine.learningRate(step));
            assertThat(repeated.learningRate(6000 + step)).isEqualTo(cosine.learningRate(step));
        }
        assertThat(repeated.weightDecay(6100)).isEqualTo(0.04);

        WarmupStableDecay endless = new WarmupStableDecay(0.01, 10, 0, 0, 0.04, 0.2);
        assertThat(endless.learningRate(10)).isEqualTo(0.01);
        assertThat(endless.learningRate(1_000_000)).isEqualTo(0.01);
        assertThat(endless.weightDecay(1_000_000)).isEqualTo(0.04);
        WarmupStableDecay ending = new WarmupStableDecay(0.01, 10, 100, 20, 0.04, 0.2);
        assertThat(ending.learningRate(79)).isEqualTo(0.01);
        assertThat(ending.learningRate(99)).isCloseTo(1e-5, within(1e-12));
        assertThat(ending.learningRate(89)).isBetween(1e-5, 0.01);

        InfiniteSchedule infinite = new InfiniteSchedule(0.01, 0.004, 10, 20, 0, 0, 0.04, 0.2);
        assertThat(infinite.learningRate(9)).isLessThan(0.01);
        assertThat(infinite.learningRate(10)).isEqualTo(0.01);
        assertThat(infinite.learningRate(20)).isCloseTo(0.007, within(1e-15));
        assertThat(infinite.learningRate(30)).isEqualTo(0.004);
        assertThat(infinite.learningRate(1_000_000)).isEqualTo(0.004);
        assertThat(infinite.weightDecay(1_000_000)).isEqualTo(0.04);
        InfiniteSchedule annealed = new InfiniteSchedule(0.01, 0.004, 10, 20, 100, 20, 0.04, 0.2);
        assertThat(annealed.learningRate(79)).isEqualTo(0.004);
        // Half-way, the geometric mean of both ends: sqrt(0.004 * 1e-5).
        assertThat(annealed.learningRate(89)).isCloseTo(2e-4, within(1e-15));
        assertThat(annealed.learningRate(99)).isCloseTo(1e-5, within(1e-15));
        assertThat(annealed.learningRate(500)).isCloseTo(1e-5, within(1e-15));
        assertThat(annealed.weightDecay(99)).isCloseTo(0.2, within(1e-15));
        assertThatThrownBy(() -> new InfiniteSchedule(0.01, 0.02, 10, 20, 0, 0, 0.04, 0.2))
                .hasMessageContaining("at most the peak 0.01");
        assertThatThrownBy(() -> new InfiniteSchedule(0.01, 0.004, 10, 20, 40, 10, 0.04, 0.2))
                .hasMessageContaining("cooldownSteps 20");
    }
}
