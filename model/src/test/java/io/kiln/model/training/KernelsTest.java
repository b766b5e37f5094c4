package io.kiln.model.training;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.layers.ConvFactory;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Kernels;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both ways of computing convolutions are the same function, with the same gradients. */
class KernelsTest {
    @ParameterizedTest
    @CsvSource({"RESNET_BASIC, 64, 96", "CONVNEXT, 64, 64"})
    void libraryGivesTheSameLossAndGradients(Family family, int height, int width) {
        InputGeometry geometry = new InputGeometry(height, width, 3, 32);
        LossAndGradients library =
                LossAndGradients.of(family, geometry, Kernels.LIBRARY, ConvFactory.SPARSE);
        library.requireEqualTo(
                LossAndGradients.of(family, geometry, Kernels.FAST, ConvFactory.SPARSE));
    }
}
