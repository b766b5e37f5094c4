package io.kiln.model.training;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.layers.ConvFactory;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Kernels;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both ways of computing convolutions are the same function, with the same gradients. */
class KernelsTest {
    @ParameterizedTest
    @CsvSource({
        "RESNET_BASIC, UNET, 64, 96",
        "CONVNEXT, UNET, 64, 64",
        "CONVNEXT_V2, BLOCK, 64, 64"
    })
    void libraryGivesTheSameLossAndGradients(
            Family family, DecoderKind decoder, int height, int width) {
        InputGeometry geometry = new InputGeometry(height, width, 3, 32);
        LossAndGradients library =
                LossAndGradients.of(family, decoder, geometry, Kernels.LIBRARY, ConvFactory.SPARSE);
        library.requireEqualTo(
                LossAndGradients.of(family, decoder, geometry, Kernels.FAST, ConvFactory.SPARSE));
    }
}
