package io.kiln.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * One call of an operator.
 *
 * @param operator its name
 * @param seconds on the wall
 * @param arguments shapes of the arrays it was given, those in lists included
 * @param results shapes of the arrays it gave
 * @param bytes of all those arrays
 */
public record OperatorCall(
        String operator, double seconds, List<Shape> arguments, List<Shape> results, long bytes) {
    public OperatorCall {
        arguments = List.copyOf(arguments);
        results = List.copyOf(results);
    }

    static OperatorCall of(String operator, double seconds, Object[] arguments, NDList results) {
        List<NDArray> given = arrays(Arrays.stream(arguments));
        List<NDArray> all = new ArrayList<>(given);
        all.addAll(results);
        return new OperatorCall(
                operator,
                seconds,
                shapes(given),
                shapes(results),
                all.stream().mapToLong(OperatorCall::bytes).sum());
    }

    private static List<NDArray> arrays(Stream<?> arguments) {
        return arguments
                .flatMap(a -> a instanceof List<?> list ? list.stream() : Stream.of(a))
                .filter(NDArray.class::isInstance)
                .map(NDArray.class::cast)
                .toList();
    }

    private static List<Shape> shapes(List<NDArray> arrays) {
        return arrays.stream().map(NDArray::getShape).toList();
    }

    /** DJL does not know bfloat16, the only format of ours that it calls unknown. */
    private static long bytes(NDArray array) {
        DataType type = array.getDataType();
        int bytes = type == DataType.UNKNOWN ? Short.BYTES : type.getNumOfBytes();
        return array.getShape().size() * bytes;
    }
}
