package io.kiln.model.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorValuesTest {
    /** Of two numbers of bf16 that are equally near, the one with an even last bit. */
    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "-2.5, -2.5",
        "1.00390625, 1", // 1 + 2^-8, half way
        "1.01171875, 1.015625", // 1 + 3 * 2^-8, half way
        "1.004, 1.0078125",
        "3.4e38, Infinity", // above the highest of bf16,
        "NaN, NaN"
    })
    void numbersAreRoundedToTheNearestOfBf16(double value, double expected) {
        double rounded = TensorValues.roundedToBf16(value);
        assertThat(Double.valueOf(rounded)).isEqualTo(Double.valueOf(expected)); // NaN too
        ByteBuffer bytes = TensorValues.toBf16(new double[] {value, 1});
        double[] sums = new double[2];
        TensorValues.add(sums, bytes, TensorType.BF16);
        assertThat(sums).containsExactly(rounded, 1);
    }
}
