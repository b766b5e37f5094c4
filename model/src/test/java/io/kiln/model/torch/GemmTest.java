package io.kiln.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GemmTest {
    /** Of the largest value; rounding of float32 sums of some hundred products is a tenth of it. */
    private static final double CLOSE = 1e-5;

    @Test
    void theRuleGoesByMakerAndInstructions() {
        assertThat(Gemm.of(processor("AuthenticAMD", "avx2 avx512f avx512_bf16")))
                .isEqualTo(Gemm.ONEDNN);
        assertThat(Gemm.of(processor("AuthenticAMD", "avx2"))).isEqualTo(Gemm.MKL);
        assertThat(Gemm.of(processor("GenuineIntel", "avx2 avx512f"))).isEqualTo(Gemm.MKL);
        assertThat(Gemm.of(List.of())).isEqualTo(Gemm.MKL);
    }

    private static List<String> processor(String vendor, String flags) {
        return List.of("processor\t: 0", "vendor_id\t: " + vendor, "flags\t\t: fpu " + flags);
    }

    @Test
    void smallProductsAndSmallGradientsStayWithMkl() {
        assertThat(Gemm.ONEDNN.isOnednn(256L * 96 * 96)).isFalse();
        assertThat(Gemm.ONEDNN.isOnednn(128L * 192 * 192)).isTrue();
        assertThat(Gemm.ONEDNN.isOnednnForGradient(20480L * 64 * 256, 64L * 256)).isFalse();
        assertThat(Gemm.ONEDNN.isOnednnForGradient(6272L * 512 * 512, 512L * 512)).isTrue();
        assertThat(Gemm.MKL.isOnednn(Long.MAX_VALUE)).isFalse();
    }

    @Test
    void aNameThatIsNoneIsRefused() {
        assertThat(Gemm.named("AUTO")).isEqualTo(Gemm.ofThisProcessor());
        assertThatThrownBy(() -> Gemm.named("BLIS")).isInstanceOf(IllegalArgumentException.class);
    }

    /** Rows, channels in, channels out: products and gradients on both sides of the thresholds. */
    @ParameterizedTest
    @CsvSource({"64, 32, 48", "1024, 64, 128", "300, 256, 512"})
    void bothLibrariesMultiplyTheSame(int rows, int in, int out) {
        try (NDManager manager = Libtorch.load().newBaseManager(Device.cpu())) {
            NDArray x = random(manager, rows, in);
            NDArray w = random(manager, out, in, 1, 1);
            NDArray b = random(manager, out);
            NDArray dy = random(manager, rows, out);
            requireEqual(manager, "linear", x, w);
            requireEqual(manager, "linear_bias", x, w, b);
            requireEqual(manager, "linear_backward", dy, x, w);
            requireEqual(manager, "linear_bias_backward", dy, x, w);
        }
    }

    /** As a shortcut with stride 2 has them: every second row of every second line. */
    @Test
    void rowsThatAreNotContiguousMultiplyTheSame() {
        try (NDManager manager = Libtorch.load().newBaseManager(Device.cpu())) {
            NDArray all = random(manager, 4 * 160, 256);
            NDArray x = new Operators(manager).one("every_second_site", all, 2);
            NDArray w = random(manager, 512, 256);
            requireEqual(manager, "linear", x, w);
            requireEqual(manager, "linear_backward", random(manager, 160, 512), x, w);
        }
    }

    @Test
    void framesOfWinogradsConvolutionMultiplyTheSame() {
        try (NDManager manager = Libtorch.load().newBaseManager(Device.cpu())) {
            NDArray a = random(manager, 3, 128, 256);
            NDArray b = random(manager, 3, 256, 320);
            requireEqual(manager, "batch_product", a, b);
            NDArray dy = random(manager, 3, 128, 320);
            requireEqual(manager, "batch_weight_product", a, dy);
        }
    }

    private static NDArray random(NDManager manager, long... shape) {
        return manager.randomUniform(-1, 1, new Shape(shape), DataType.FLOAT32);
    }

    /** Float64 decides, which MKL alone computes. */
    private static void requireEqual(NDManager manager, String operator, NDArray... arguments) {
        Object[] exact = new Object[arguments.length];
        for (int i = 0; i < exact.length; i++) {
            exact[i] = arguments[i].toType(DataType.FLOAT64, false);
        }
        NDList expected = results(manager, Gemm.MKL, operator, exact);
        for (Gemm gemm : Gemm.values()) {
            NDList found = results(manager, gemm, operator, (Object[]) arguments);
            assertThat(found).hasSameSizeAs(expected);
            for (int i = 0; i < found.size(); i++) {
                NDArray right = expected.get(i);
                NDArray difference = found.get(i).toType(DataType.FLOAT64, false).sub(right);
                assertThat(largest(difference) / largest(right))
                        .as("%s, result %d, by %s", operator, i, gemm)
                        .isLessThan(CLOSE);
            }
        }
    }

    private static NDList results(
            NDManager manager, Gemm gemm, String operator, Object... arguments) {
        Operators operators = new Operators(manager, false, Kernels.FAST.with(gemm));
        return operator.endsWith("_backward")
                ? operators.all(operator, arguments)
                : new NDList(operators.one(operator, arguments));
    }

    private static double largest(NDArray array) {
        return array.abs().max().getDouble();
    }
}
