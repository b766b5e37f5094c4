package io.kiln.verification.masked;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.training.LossAndGradients;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskedDenseTest {
    @ParameterizedTest
    @CsvSource({
        "RESNET_BASIC, UNET, 64, 96",
        "RESNET_BASIC, BLOCK, 64, 96",
        "RESNET_BOTTLENECK, UNET, 96, 64",
        "CONVNEXT, UNET, 64, 64",
        "CONVNEXT_V2, UNET, 64, 64",
        "CONVNEXT_V2, BLOCK, 64, 64"
    })
    void maskedDenseGivesTheSameLossAndGradientsAsSparse(
            Family family, DecoderKind decoder, int height, int width) {
        InputGeometry geometry = new InputGeometry(height, width, 3, 32);
        run(family, decoder, geometry, Implementation.MASKED_DENSE)
                .requireEqualTo(run(family, decoder, geometry, Implementation.FAST));
    }

    private static LossAndGradients run(
            Family family,
            DecoderKind decoder,
            InputGeometry geometry,
            Implementation implementation) {
        return LossAndGradients.of(
                family, decoder, geometry, implementation.kernels(), implementation.convolutions());
    }
}
