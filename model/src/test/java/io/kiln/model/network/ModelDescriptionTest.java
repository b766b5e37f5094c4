package io.kiln.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.batch.InputGeometry;
import org.junit.jupiter.api.Test;

class ModelDescriptionTest {
    private static final InputGeometry IMAGENET = new InputGeometry(224, 224, 3, 32);

    /** Figures of docs/explanation/method.md, section 9. */
    @Test
    void resnet50CostsWhatIsPublished() {
        ModelDescription description =
                ModelDescription.of(
                        PublishedArchitectures.named("resnet50", 768, 3), IMAGENET, 20.0 / 49);
        assertThat(description.parameters()).isEqualTo(52_921_835);
        assertThat(description.encoderParameters()).isEqualTo(23_508_032);
        assertThat(description.encoderMacs() / 1e9).isCloseTo(4.1, within(0.05));
        assertThat(description.densifyMacs() / 1e9).isCloseTo(2.2, within(0.05));
        assertThat(description.decoderMacs() / 1e9).isCloseTo(10.1, within(0.1));
        assertThat(description.stateBytes()).isEqualTo(16L * 52_921_835);
    }

    /** 49 sites, of which 29 are drawn, at a width of 512. */
    @Test
    void blockDecoderCostsItsSitesAndDrawsMaskedOnes() {
        ModelDescription description =
                ModelDescription.of(
                        PublishedArchitectures.named("resnet50", 512, 3)
                                .withDecoder(DecoderKind.BLOCK),
                        IMAGENET,
                        20.0 / 49);
        assertThat(description.densifyMacs()).isEqualTo(49L * 2048 * 512);
        long block = 49L * (49 * 512 + 2 * 512 * 2048);
        assertThat(description.decoderMacs()).isEqualTo(block + 29L * 512 * 32 * 32 * 3);
    }

    @Test
    void convnextTinysEncoderCostsWhatIsPublished() {
        ModelDescription description =
                ModelDescription.of(
                        PublishedArchitectures.named("convnext_tiny", 768, 3), IMAGENET, 0.4);
        assertThat(description.encoderMacs() / 1e9).isCloseTo(4.5, within(0.05));
        assertThat(description.sparseEncoderMacs(0.5))
                .isEqualTo(Math.round(description.encoderMacs() * 0.5));
    }
}
