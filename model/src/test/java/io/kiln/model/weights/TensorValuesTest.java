package io.kiln.model.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        ByteBuffer bytes = TensorValues.toBytes(new double[] {value, 1}, TensorType.BF16);
        double[] sums = new double[2];
        TensorValues.add(sums, bytes, TensorType.BF16);
        assertThat(sums).containsExactly(rounded, 1);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.0, 0.1, -1e-300, 1e300, Double.NaN})
    void bytesHoldAllOfADoubleOrTheNearestFloat(double value) {
        double[] one = {value};
        ByteBuffer wide = TensorValues.toBytes(one, TensorType.F64);
        ByteBuffer narrow = TensorValues.toBytes(one, TensorType.F32);
        assertThat(TensorValues.toDoubles(wide, TensorType.F64)).containsExactly(value);
        assertThat(TensorValues.toDoubles(narrow, TensorType.F32)).containsExactly((float) value);
    }
}
