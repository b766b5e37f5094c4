package io.kiln.verification.masked;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Family;
import io.kiln.model.training.LossAndGradients;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskedDenseTest {
    @ParameterizedTest
    @CsvSource({
        "RESNET_BASIC, 64, 96",
        "RESNET_BOTTLENECK, 96, 64",
        "CONVNEXT, 64, 64",
        "CONVNEXT_V2, 64, 64"
    })
    void maskedDenseGivesTheSameLossAndGradientsAsSparse(Family family, int height, int width) {
        InputGeometry geometry = new InputGeometry(height, width, 3, 32);
        run(family, geometry, Implementation.MASKED_DENSE)
                .requireEqualTo(run(family, geometry, Implementation.FAST));
    }

    private static LossAndGradients run(
            Family family, InputGeometry geometry, Implementation implementation) {
        return LossAndGradients.of(
                family, geometry, implementation.kernels(), implementation.convolutions());
    }
}
