package io.kiln.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsStream;
import io.kiln.model.weights.SafeTensorsWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HostMemoryTest {
    @Test
    void whatIsFetchedFromAGpuLeavesNothingInThisMachinesMemory() throws Exception {
        try (NDManager manager = Libtorch.load().newBaseManager(Device.cpu())) {
            NDArray narrow = manager.create(new float[] {1, -2.5f, 3});
            NDArray wide = manager.create(new double[] {0.1, -7});
            PretendedGpu.place(narrow);
            PretendedGpu.place(wide);
            int held = PretendedGpu.held(manager);

            assertThat(NetworkTensors.doubles(narrow)).containsExactly(1, -2.5, 3);
            assertThat(NetworkTensors.doubles(wide)).containsExactly(0.1, -7);
            assertThat(floats(file(narrow))).containsExactly(1, -2.5f, 3);
            assertThat(floats(ScriptTensor.of(narrow, narrow.getShape(), true).values().get()))
                    .containsExactly(1, -2.5f, 3);

            assertThat(PretendedGpu.held(manager)).isEqualTo(held);
        }
    }

    private static ByteBuffer file(NDArray array) throws Exception {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        NetworkTensors.add(writer, "array", array);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.write(out, Map.of());
        return SafeTensorsStream.open(new ByteArrayInputStream(out.toByteArray())).next();
    }

    private static float[] floats(ByteBuffer bytes) {
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }
}
