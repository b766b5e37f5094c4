package io.kiln.model.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;

/**
 * Brings what an array holds into this machine's memory, wherever the array is. DJL moves an array
 * of a GPU into a manager that it makes for that, and closes only with the array's own manager:
 * here it is closed at once.
 */
public final class HostMemory {
    private HostMemory() {}

    /**
     * Values of an array, little-endian: of a GPU's array a copy, of any other the array's own
     * memory, to be read while it is open.
     */
    public static ByteBuffer bytes(NDArray array) {
        if (!array.getDevice().isGpu()) {
            return array.toByteBuffer(true);
        }
        NDArray moved = array.toDevice(Device.cpu(), true);
        NDManager between = moved.getManager();
        try {
            return moved.toByteBuffer(false);
        } finally {
            between.close();
        }
    }

    /** A GPU's array in this machine's memory, as another owner's. */
    public static NDArray copy(NDArray array, NDManager owner) {
        NDArray moved = array.toDevice(Device.cpu(), true);
        NDManager between = moved.getManager();
        moved.attach(owner);
        between.close();
        return moved;
    }
}
