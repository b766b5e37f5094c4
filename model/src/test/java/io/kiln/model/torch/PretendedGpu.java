package io.kiln.model.torch;

import ai.djl.Device;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.reflect.Field;
import java.util.Map;

/** Makes DJL take arrays of a processor for a GPU's: it moves them when they are fetched. */
public final class PretendedGpu {
    private PretendedGpu() {}

    /** Has an array and its manager on a GPU, as far as DJL knows. */
    public static void place(NDArray array) throws ReflectiveOperationException {
        field(PtNDArray.class, "device").set(array, Device.gpu());
        field(BaseNDManager.class, "device").set(array.getManager(), Device.gpu());
    }

    /** How many arrays and managers close with a manager. */
    public static int held(NDManager manager) throws ReflectiveOperationException {
        return ((Map<?, ?>) field(BaseNDManager.class, "resources").get(manager)).size();
    }

    private static Field field(Class<?> owner, String name) throws NoSuchFieldException {
        Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }
}
