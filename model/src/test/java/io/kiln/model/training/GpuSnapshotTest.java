package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Precision;
import io.kiln.model.torch.PretendedGpu;
import io.kiln.model.weights.NetworkTensors;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class GpuSnapshotTest {
    @Test
    void snapshotsLeaveNothingWithTheTrainer() throws Exception {
        TrainerSettings settings =
                TestBatches.settings(
                        TestBatches.architecture(Family.RESNET_BOTTLENECK),
                        new InputGeometry(64, 64, 3, 32),
                        Precision.FP32,
                        0.01);
        try (Trainer trainer = new Trainer(settings)) {
            byte[] before = snapshot(trainer);
            List<NDArray> arrays =
                    List.copyOf(NetworkTensors.arrays(trainer.model().weights()).values());
            for (NDArray array : arrays) {
                PretendedGpu.place(array);
            }
            int held = PretendedGpu.held(arrays.get(0).getManager());

            assertThat(snapshot(trainer)).isEqualTo(before);

            assertThat(PretendedGpu.held(arrays.get(0).getManager())).isEqualTo(held);
        }
    }

    private static byte[] snapshot(Trainer trainer) throws Exception {
        try (TrainerSnapshot snapshot = trainer.snapshot()) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            snapshot.write(out);
            return out.toByteArray();
        }
    }
}
