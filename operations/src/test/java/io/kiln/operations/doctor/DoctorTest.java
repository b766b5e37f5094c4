package io.kiln.operations.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.torch.EngineReport;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DoctorTest {
    private static final Map<String, String> LAUNCHER = Map.of("GLIBC_TUNABLES", Doctor.TUNABLES);

    @Test
    void whatTheLauncherSetsNeedsNoChange() {
        assertThat(advice(0, 2, true, LAUNCHER, "cpu", true)).isEmpty();
    }

    @Test
    void theVariablesOfTheSameMeaningWillDo() {
        Map<String, String> variables =
                Map.of(
                        "MALLOC_ARENA_MAX", "1",
                        "MALLOC_MMAP_MAX_", "0",
                        "MALLOC_TRIM_THRESHOLD_", "17179869184",
                        "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
        assertThat(advice(0, 2, true, variables, "cpu", false)).isEmpty();
    }

    @Test
    void anotherAllocatorWillDo() {
        Map<String, String> jemalloc =
                Map.of(
                        "LD_PRELOAD", "/usr/lib/libjemalloc.so.2",
                        "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
        assertThat(advice(0, 2, true, jemalloc, "cpu", false)).isEmpty();
    }

    @Test
    void withoutTheLauncherTheVariableIsNamed() {
        assertThat(advice(0, 2, true, Map.of(), "cpu", false))
                .hasSize(2)
                .anyMatch(a -> a.contains("glibc.malloc.mmap_max=0"))
                .anyMatch(a -> a.contains("GLIBC_TUNABLES"));
    }

    @Test
    void moreThreadsThanCoresAreTooMany() {
        assertThat(advice(0, 8, true, LAUNCHER, "cpu", false))
                .singleElement()
                .asString()
                .contains("OMP_NUM_THREADS to 2");
    }

    @Test
    void aGpuThatIsNotSeenIsNamedWithTheFlavor() {
        assertThat(advice(0, 2, true, LAUNCHER, "gpu", true))
                .singleElement()
                .asString()
                .contains("flavor cpu");
        assertThat(advice(1, 2, true, LAUNCHER, "gpu:1", true)).hasSize(1);
        assertThat(advice(2, 2, true, LAUNCHER, "gpu:1", true)).isEmpty();
        assertThat(advice(1, 2, true, LAUNCHER, "cpu", true))
                .containsExactly("set training.device=gpu to train on a GPU");
    }

    @Test
    void bf16WithoutItsArithmeticIsSlower() {
        assertThat(advice(0, 2, false, LAUNCHER, "cpu", true)).hasSize(1);
        assertThat(advice(0, 2, false, LAUNCHER, "cpu", false)).isEmpty();
        assertThat(advice(1, 2, false, LAUNCHER, "gpu", true)).isEmpty();
    }

    private static List<String> advice(
            int gpus,
            int threads,
            boolean arithmetic,
            Map<String, String> environment,
            String device,
            boolean bf16) {
        EngineReport engine =
                new EngineReport("2.7.1", "/x/2.7.1-cpu-linux", "cpu", gpus, threads, arithmetic);
        Doctor.Machine machine = new Doctor.Machine(environment, 2, "always [madvise] never");
        return Doctor.examine(engine, machine, device, bf16).stream()
                .map(Doctor.Check::advice)
                .filter(advice -> !advice.isEmpty())
                .toList();
    }
}
