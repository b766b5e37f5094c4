package io.kiln.model.weights;

import java.util.List;

/**
 * What a safetensors header says of one tensor.
 *
 * @param name its name
 * @param type its number format
 * @param shape its sizes; empty for a scalar
 * @param begin first byte, counted from the end of the header
 * @param end byte after the last
 */
public record TensorHeader(String name, TensorType type, List<Long> shape, long begin, long end) {
    public TensorHeader {
        shape = List.copyOf(shape);
        long bytes = type.bytes();
        for (long size : shape) {
            if (size < 0) {
                throw new WeightFileException(
                        "tensor " + name + " has the size " + size + " in its shape " + shape);
            }
            try {
                bytes = Math.multiplyExact(bytes, size);
            } catch (ArithmeticException e) {
                throw new WeightFileException(
                        "tensor "
                                + name
                                + " has the shape "
                                + shape
                                + ", which is larger than any file",
                        e);
            }
        }
        if (begin < 0 || end < begin || end - begin != bytes) {
            throw new WeightFileException(
                    "tensor "
                            + name
                            + " has the offsets "
                            + begin
                            + " to "
                            + end
                            + "; expected "
                            + bytes
                            + " bytes for "
                            + type
                            + " "
                            + shape);
        }
    }

    /** How many numbers it has. */
    public long count() {
        return (end - begin) / type.bytes();
    }
}
