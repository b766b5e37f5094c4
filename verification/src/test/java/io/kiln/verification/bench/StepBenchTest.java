package io.kiln.verification.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Gemm;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.TestBatches;
import io.kiln.verification.masked.Implementation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepBenchTest {
    @ParameterizedTest
    @CsvSource({"cpu, cpu, -1", "gpu, gpu, 0", "gpu:3, gpu, 3"})
    void theEnginesRateIsMeasuredOnTheTrainersDevice(String device, String type, int id) {
        StepBenchSettings settings =
                new StepBenchSettings(
                        TestBatches.architecture(Family.RESNET_BOTTLENECK),
                        64,
                        2,
                        0.5,
                        1,
                        0,
                        0,
                        device,
                        Implementation.FAST,
                        Gemm.MKL,
                        false,
                        Precision.FP32);
        try (NDManager manager = StepBench.manager(settings)) {
            assertThat(manager.getDevice()).isEqualTo(Device.of(type, id));
        }
    }
}
